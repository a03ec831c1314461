PRAGMA application_id = 1448234574;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,
    text TEXT NOT NULL,             -- "delete 3 drawings"
    undone INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "actions" VALUES(1,'2026-11-21T12:00:00+00:00','add 3 drawings',0);
INSERT INTO "actions" VALUES(2,'2026-11-21T12:00:00+00:00','label one drawing',0);
INSERT INTO "actions" VALUES(3,'2026-11-21T12:00:00+00:00','delete one drawing',0);
CREATE TABLE changes (
    action INTEGER NOT NULL REFERENCES actions ON DELETE CASCADE,
    side TEXT NOT NULL CHECK (side IN ('before', 'after')),
    material INTEGER NOT NULL REFERENCES materials,
    label TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES contents,
    place REAL NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (action, side, material)
) WITHOUT ROWID;
INSERT INTO "changes" VALUES(1,'after',1,'eight',1,1.0,0);
INSERT INTO "changes" VALUES(1,'after',2,'',2,2.0,0);
INSERT INTO "changes" VALUES(1,'after',3,'',3,3.0,0);
INSERT INTO "changes" VALUES(1,'before',1,'eight',1,1.0,1);
INSERT INTO "changes" VALUES(1,'before',2,'',2,2.0,1);
INSERT INTO "changes" VALUES(1,'before',3,'',3,3.0,1);
INSERT INTO "changes" VALUES(2,'after',2,'line',2,2.0,0);
INSERT INTO "changes" VALUES(2,'before',2,'',2,2.0,0);
INSERT INTO "changes" VALUES(3,'after',3,'',3,3.0,1);
INSERT INTO "changes" VALUES(3,'before',3,'',3,3.0,0);
CREATE TABLE checkpoints (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    kind TEXT NOT NULL,             -- best, last
    step INTEGER NOT NULL,
    meta TEXT NOT NULL,             -- JSON
    weights BLOB NOT NULL,          -- safetensors
    PRIMARY KEY (run, kind)
);
INSERT INTO "checkpoints" VALUES(1,'last',3,'{"step": 3}',X'3C000000000000007B2277223A207B226474797065223A20225538222C20227368617065223A205B345D2C2022646174615F6F666673657473223A205B302C20345D7D7D01020304');
CREATE TABLE claim (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL, owner TEXT NOT NULL, place TEXT NOT NULL, inode INTEGER NOT NULL, mark TEXT NOT NULL);
INSERT INTO "claim" VALUES(1,'7a1c7f90bb4189bda4eb92f505160d70','','',0,'<vrnn 1 0 ,7a1c7f90bb4189bda4eb92f505160d70>');
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    shape TEXT NOT NULL,            -- JSON: how `data` is divided
    data BLOB NOT NULL              -- little-endian numbers
);
INSERT INTO "contents" VALUES(1,'pen','{"y_up": true, "strokes": [[2, true, true], [1, true, true]]}',X'00000000000000000000000000000000000000000000F03F00000000000000400000000000000000000000000000C03F0000000000000000000000000000E03F0000000000000840000000000000F03F000000000000D03F000000000000F03F');
INSERT INTO "contents" VALUES(2,'pen','{"y_up": null, "strokes": [[2, false, false]]}',X'0000000000001440000000000000144000000000000018400000000000001C40');
INSERT INTO "contents" VALUES(3,'pen','{"y_up": null, "strokes": [[1, false, false]]}',X'00000000000000400000000000000040');
INSERT INTO "contents" VALUES(4,'pen','{"y_up": null, "strokes": [[2, false, false]]}',X'00000000000000000000000000000000000000000000F03F000000000000F03F');
CREATE TABLE materials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,          -- ISO 8601, UTC
    name TEXT NOT NULL,             -- where it came from
    label TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES contents,
    place REAL NOT NULL,            -- order of the collection
    deleted INTEGER NOT NULL
);
INSERT INTO "materials" VALUES(1,'2026-11-21T12:00:00+00:00','drawn','eight',1,1.0,0);
INSERT INTO "materials" VALUES(2,'2026-11-21T12:00:00+00:00','one.csv','line',2,2.0,0);
INSERT INTO "materials" VALUES(3,'2026-11-21T12:00:00+00:00','drawn','',3,3.0,1);
CREATE TABLE metrics (              -- about a second of one curve
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL,
    step INTEGER NOT NULL,          -- the first of `steps`
    steps BLOB NOT NULL,            -- little-endian int64
    data BLOB NOT NULL,             -- little-endian float64, one for each of `steps`
    PRIMARY KEY (run, name, step)
);
INSERT INTO "metrics" VALUES(1,'loss',1,X'010000000000000002000000000000000300000000000000',X'00000000000008400000000000000040000000000000F83F');
CREATE TABLE recipes (
    name TEXT PRIMARY KEY,
    toml TEXT NOT NULL
);
INSERT INTO "recipes" VALUES('mine','name = "mine"
title = "Mine"
');
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    recipe TEXT NOT NULL,           -- TOML
    status TEXT NOT NULL,
    step INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL,
    device TEXT NOT NULL,
    seed INTEGER NOT NULL,
    held_back TEXT NOT NULL,        -- JSON: ids of the material it is measured on
    owner TEXT NOT NULL,            -- the process that trains it
    seen REAL NOT NULL              -- when that process last wrote, seconds since 1970
);
INSERT INTO "runs" VALUES(1,'pens-1','name = "pens"
title = "Pens"
','stopped',3,'2026-11-21T12:00:00+00:00','cpu',7,'[2]','somewhere/1',0.0);
CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER REFERENCES runs ON DELETE SET NULL,
    created TEXT NOT NULL,
    settings TEXT NOT NULL,         -- JSON: seed, length, variances
    content INTEGER NOT NULL REFERENCES contents
);
INSERT INTO "samples" VALUES(1,1,'2026-11-21T12:00:00+00:00','{"seed": 4}',4);
CREATE INDEX materials_content ON materials (content);
CREATE INDEX changes_material ON changes (material);
CREATE INDEX changes_content ON changes (content);
CREATE INDEX samples_content ON samples (content);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('actions',3);
INSERT INTO "sqlite_sequence" VALUES('materials',3);
INSERT INTO "sqlite_sequence" VALUES('runs',1);
INSERT INTO "sqlite_sequence" VALUES('samples',1);
INSERT INTO "sqlite_sequence" VALUES('contents',4);
COMMIT;
