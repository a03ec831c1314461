"""The trainings of a project: their curves, checkpoints and samples."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.project.collection import now, store
from studio.project.contents import Content, pack, unpack
from studio.project.database import Database
from studio.project.owner import this_process
from studio.project.records import Status, StoredCheckpoint, StoredRun, StoredSample
from studio.sequences.materials import Material

_log = logging.getLogger(__name__)

T = TypeVar("T")
Series: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64]]

_STEP = np.dtype("<i8")
_NUMBER = np.dtype("<f8")
_IS_SNAPSHOT = "kind LIKE 'step %'"  # the step is part of the kind, for a run has one checkpoint of each


class Runs:
    """Trainings, oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[StoredRun]:
        """Every run. One whose process has no project open any more is "interrupted"; a damaged one is left out."""
        writer = self._database.writer()
        rows = self._database.read(
            "SELECT id, name, recipe, status, step, created, device, seed, held_back, owner, seen, "
            f"EXISTS (SELECT 1 FROM checkpoints WHERE run = runs.id AND NOT {_IS_SNAPSHOT}), "
            "(SELECT step FROM checkpoints WHERE run = runs.id AND kind = 'best'), "
            "(SELECT step FROM checkpoints WHERE run = runs.id AND kind = 'last') FROM runs ORDER BY id"
        )
        return [run for row in rows if (run := self._readable(f"run {row[0]}", partial(_run, row, writer))) is not None]

    @property
    def path(self) -> Path:
        """Of the project."""
        return self._database.path

    def beside(self) -> Runs:
        """Those of a copy of the project beside it, for what can no longer be kept in this.

        Raises:
            StudioError: where none can be made.
        """
        return Runs(self._database.beside())

    def free_name(self, stem: str) -> str:
        """A name that no run has."""
        names = {run.name for run in self.all()}
        return next(name for number in count(1) if (name := f"{stem} {number}" if number > 1 else stem) not in names)

    def get(self, id: int) -> StoredRun:
        """One run."""
        found = next((run for run in self.all() if run.id == id), None)
        if found is None:
            raise StudioError(f"There is no run {id} in {self._database.path}.")
        return found

    def create(self, name: str, recipe: str, *, device: str, seed: int) -> int:
        """A new run, training from now on in this process; returns its id."""
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM runs WHERE name = ?", (name,)).fetchone():
                raise StudioError(f"There already is a run {name!r}: choose another name, or resume that one.")
            cursor = connection.execute(
                "INSERT INTO runs (name, recipe, status, created, device, seed, held_back, owner, seen) "
                "VALUES (?, ?, 'training', ?, ?, ?, '[]', ?, ?)",
                (name, recipe, now(), device, seed, this_process(), time.time()),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def resume(self, id: int, recipe: str, *, step: int) -> None:
        """Train on from a checkpoint at `step`; what was measured after it is forgotten."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE runs SET recipe = ?, status = 'training', step = ?, owner = ?, seen = ? WHERE id = ?",
                (recipe, step, this_process(), time.time(), id),
            )
            self.forget_after(id, step)

    def forget_after(self, id: int, step: int) -> None:
        """Forget what was measured or kept after `step`: the training goes on from there."""
        with self._database.transaction() as connection:
            for name, (steps, values) in self.metrics(id).items():
                if len(steps) and steps[-1] > step:
                    connection.execute("DELETE FROM metrics WHERE run = ? AND name = ?", (id, name))
                    kept = steps <= step
                    self.add_metrics(id, {name: (steps[kept], values[kept])}, step=step)
            connection.execute(f"DELETE FROM checkpoints WHERE run = ? AND {_IS_SNAPSHOT} AND step > ?", (id, step))
            connection.execute("UPDATE runs SET step = ? WHERE id = ?", (step, id))

    def set_recipe(self, id: int, recipe: str) -> None:
        """Note settings that were changed on the way."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE runs SET recipe = ? WHERE id = ?", (recipe, id))

    def set_status(self, id: int, status: Status) -> None:
        """How the run ended."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE runs SET status = ? WHERE id = ?", (status, id))

    def prepared(self, id: int, *, device: str, held_back: Sequence[int]) -> None:
        """Note where it is trained, and which material it is measured on."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE runs SET device = ?, held_back = ?, seen = ? WHERE id = ?",
                (device, json.dumps(list(held_back)), time.time(), id),
            )

    def rename(self, id: int, name: str) -> None:
        """Give it another name; names are unique."""
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM runs WHERE name = ? AND id != ?", (name, id)).fetchone():
                raise StudioError(f"There already is a run {name!r}: choose another name.")
            connection.execute("UPDATE runs SET name = ? WHERE id = ?", (name, id))

    def delete(self, id: int) -> None:
        """Delete it for good, curves and checkpoints included."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (id,))

    def add_metrics(self, id: int, series: Mapping[str, tuple[Any, Any]], *, step: int) -> None:
        """Append to curves, name -> (steps, values), and note that the training is at `step` and alive."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO metrics (run, name, step, steps, data) VALUES (?, ?, ?, ?, ?)",
                [
                    (id, name, int(steps[0]), np.asarray(steps, _STEP).tobytes(), np.asarray(values, _NUMBER).tobytes())
                    for name, (steps, values) in series.items()
                    if len(steps)
                ],
            )
            connection.execute("UPDATE runs SET step = ?, seen = ? WHERE id = ?", (step, time.time(), id))

    def metrics(self, id: int) -> dict[str, Series]:
        """All curves: name -> (steps, values). A damaged one is left out."""
        rows = self._database.read("SELECT name, steps, data FROM metrics WHERE run = ? ORDER BY name, step", id)
        parts: dict[str, list[tuple[bytes, bytes]]] = {}
        for name, steps, data in rows:
            parts.setdefault(name, []).append((steps, data))
        curves = {name: self._readable(f"{name} of run {id}", partial(_curve, found)) for name, found in parts.items()}
        return {name: curve for name, curve in curves.items() if curve is not None}

    def save_checkpoint(self, id: int, checkpoint: StoredCheckpoint) -> None:
        """Keep weights; they replace the earlier ones of the same kind."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO checkpoints (run, kind, step, meta, weights) VALUES (?, ?, ?, ?, ?)",
                (id, checkpoint.kind, checkpoint.step, json.dumps(checkpoint.meta), checkpoint.weights),
            )
            connection.execute("UPDATE runs SET seen = ? WHERE id = ?", (time.time(), id))

    def checkpoint(self, id: int, *kinds: str) -> StoredCheckpoint:
        """The checkpoint of the first of `kinds` that there is and that is not damaged."""
        for kind in kinds:
            rows = self._database.read(
                "SELECT kind, step, weights, meta FROM checkpoints WHERE run = ? AND kind = ?", id, kind
            )
            for row in rows:
                found = self._readable(f"{kind} checkpoint of run {id}", partial(_checkpoint, row))
                if found is not None:
                    return found
        raise StudioError(f"The run {self.get(id).name!r} has no weights yet: train it first.")

    def checkpoint_meta(self, id: int, *kinds: str) -> Mapping[str, Any]:
        """What belongs to the weights that `checkpoint` would give, which are not read."""
        for kind in kinds:
            rows = self._database.read("SELECT meta FROM checkpoints WHERE run = ? AND kind = ?", id, kind)
            for (meta,) in rows:
                found = self._readable(f"{kind} checkpoint of run {id}", partial(_meta, meta))
                if found is not None:
                    return found
        raise StudioError(f"The run {self.get(id).name!r} has no weights yet: train it first.")

    def note(self, id: int, kind: str, step: int, facts: Mapping[str, Any]) -> None:
        """Add facts to what belongs to weights, as long as they are still those of this step."""
        with self._database.transaction() as connection:
            rows = self._database.read(
                "SELECT meta FROM checkpoints WHERE run = ? AND kind = ? AND step = ?", id, kind, step
            )
            for (text,) in rows:
                meta = self._readable(f"{kind} checkpoint of run {id}", partial(_meta, text))
                if meta is not None:
                    connection.execute(
                        "UPDATE checkpoints SET meta = ? WHERE run = ? AND kind = ?",
                        (json.dumps({**meta, **facts}), id, kind),
                    )

    def checkpoint_steps(self, id: int) -> dict[str, int]:
        """The checkpoints that there are, kind -> step."""
        return dict(self._database.read(f"SELECT kind, step FROM checkpoints WHERE run = ? AND NOT {_IS_SNAPSHOT}", id))

    def save_snapshot(self, id: int, snapshot: StoredCheckpoint, forget: Sequence[int] = ()) -> None:
        """Keep weights to look back at, and let those of other steps go."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM checkpoints WHERE run = ? AND kind = ?", [(id, f"step {step}") for step in forget]
            )
            connection.execute(
                "INSERT OR REPLACE INTO checkpoints (run, kind, step, meta, weights) VALUES (?, ?, ?, ?, ?)",
                (id, f"step {snapshot.step}", snapshot.step, json.dumps(snapshot.meta), snapshot.weights),
            )

    def snapshot_steps(self, id: int) -> tuple[int, ...]:
        """The steps whose weights were kept to look back at, in ascending order."""
        rows = self._database.read(f"SELECT step FROM checkpoints WHERE run = ? AND {_IS_SNAPSHOT} ORDER BY step", id)
        return tuple(step for (step,) in rows)

    def snapshot(self, id: int, step: int) -> StoredCheckpoint:
        """The weights that were kept after so many updates.

        Raises:
            StudioError: there are none, or they are damaged.
        """
        rows = self._database.read(
            "SELECT 'step', step, weights, meta FROM checkpoints WHERE run = ? AND kind = ?", id, f"step {step}"
        )
        found = [self._readable(f"step {step} of run {id}", partial(_checkpoint, row)) for row in rows]
        if not found or found[0] is None:
            raise StudioError(f"The run {self.get(id).name!r} kept no weights of step {step}: choose another one.")
        return found[0]

    def add_samples(self, id: int | None, settings: Mapping[str, Any], materials: Sequence[Material]) -> None:
        """Keep generated drawings or recordings."""
        with self._database.transaction() as connection:
            for material in materials:
                connection.execute(
                    "INSERT INTO samples (run, created, settings, content) VALUES (?, ?, ?, ?)",
                    (id, now(), json.dumps(settings), store(self._database, pack(material))),
                )

    def samples(self) -> list[StoredSample]:
        """Every kept sample, oldest first. A damaged one is left out."""
        rows = self._database.read(
            "SELECT samples.id, run, created, settings, kind, shape, data FROM samples "
            "JOIN contents ON contents.id = content ORDER BY samples.id"
        )
        return [sample for row in rows if (sample := self._readable(f"sample {row[0]}", partial(_sample, row)))]

    def _readable(self, what: str, read: Callable[[], T]) -> T | None:
        """What can be read; None, and a line in the log, where it is damaged."""
        try:
            return read()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            _log.warning("%s in %s is damaged: %r", what, self._database.path, error)
            return None


def _run(row: tuple[Any, ...], writer: str) -> StoredRun:
    id, name, recipe, status, step, created, device, seed, held_back, owner, seen, has_weights, best, last = row
    _expect(str, name, recipe, status, created, device, held_back, owner)
    _expect(int, step, seed)
    _expect((int, float), seen)
    ids = json.loads(held_back)
    _expect(list, ids)
    _expect(int, *ids)
    return StoredRun(
        id=id,
        name=name,
        recipe=recipe,
        status=_status(status, owner, writer),
        step=step,
        created=created,
        device=device,
        seed=seed,
        held_back=tuple(ids),
        has_weights=bool(has_weights),
        best_step=best if isinstance(best, int) else None,
        last_step=last if isinstance(last, int) else None,
    )


def _curve(parts: Sequence[tuple[bytes, bytes]]) -> Series:
    steps = np.frombuffer(b"".join(steps for steps, _ in parts), _STEP).astype(np.int64)
    values = np.frombuffer(b"".join(data for _, data in parts), _NUMBER).astype(np.float64)
    if len(steps) != len(values):
        raise ValueError(f"{len(steps)} steps for {len(values)} values")
    return steps, values


def _checkpoint(row: tuple[Any, ...]) -> StoredCheckpoint:
    kind, step, weights, meta = row
    _expect(bytes, weights)
    return StoredCheckpoint(kind, step, weights, _meta(meta))


def _meta(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    _expect(dict, found)
    return found


def _sample(row: tuple[Any, ...]) -> StoredSample:
    id, run, created, settings, kind, shape, data = row
    _expect(str, created)
    found = json.loads(settings)
    _expect(dict, found)
    return StoredSample(id, run, created, found, unpack(Content(kind, shape, data)))


def _expect(kind: type | tuple[type, ...], *values: object) -> None:
    """SQLite keeps values of any type in any column; what a stranger put there is looked at before it is believed."""
    for value in values:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r:.40} is no {kind}")


def _status(status: str, owner: str, writer: str) -> Status:
    if status == "training" and owner not in (this_process(), writer):
        return "interrupted"
    return status  # type: ignore[return-value]
