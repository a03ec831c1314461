"""A few good files of every format that holds drawings, for whoever wants to damage them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.io import savemat

from studio.errors import StudioError
from studio.files import arrays, csv_points, inkml, json_drawings, midi, rolls, svg_page
from studio.files.readers import FORMATS, OMNIGLOT, Format
from studio.files.source import Source
from studio.sequences.material import Drawing
from studio.sequences.roll import Roll, TempoChange

DRAWING = Drawing.from_points([[0, 0], [1, 2], [3, 1]], [0, 1, 1], times=[0, 0.1, 0.2], pressure=[0, 0.5, 1], label="a")
NAME = "fuzz.file"


def _mat(**variables: Any) -> bytes:
    file = io.BytesIO()
    savemat(file, variables)
    return file.getvalue()


def _cell() -> np.ndarray:
    cell = np.empty((2, 1), object)
    cell[:, 0] = [np.zeros((3, 2)), np.ones((2, 2), np.int16)]
    return cell


def _object_array() -> bytes:
    file = io.BytesIO()
    array = np.empty(2, object)
    array[:] = [np.zeros((3, 3), np.int16), np.ones((2, 3))]
    np.save(file, array)
    return file.getvalue()


GOOD: list[tuple[Format, bytes]] = [
    (FORMATS[".csv"], csv_points.to_text(DRAWING, all_columns=True).encode()),
    (FORMATS[".csv"], "# x y\n1,5;2,5;0\n\n3;4;1\n".encode("utf-16")),
    (FORMATS[".npy"], arrays.to_npy(DRAWING)),
    (FORMATS[".npy"], _object_array()),
    (FORMATS[".npz"], arrays.to_npz([DRAWING, DRAWING])),
    (FORMATS[".json"], json_drawings.to_text([DRAWING]).encode()),
    (FORMATS[".json"], b'[[{"x":1,"y":2,"t":3}],[{"x":1,"y":2,"t":3}]]'),
    (FORMATS[".ndjson"], b'{"word":"cat","drawing":[[[0,2],[1,3],[0,9]]]}\n{"drawing":[[[4],[5]]]}\n'),
    (FORMATS[".inkml"], inkml.to_text(DRAWING).encode()),
    (FORMATS[".inkml"], b"<ink><trace>1 2, '3'4, \"5\"6, *7, 8 *, !1 2</trace></ink>"),
    (
        FORMATS[".unp"],
        b'.COORD X Y T\n.SEGMENT C 0-1 ? "a"\n.SEGMENT C 1:2,3 ? "b"\n.PEN_DOWN\n1 2 3\n.PEN_UP\n4 5 6\n',
    ),
    (FORMATS[".svg"], svg_page.to_text([DRAWING, DRAWING]).encode()),
    (
        FORMATS[".svg"],
        b'<svg><g id="a" transform="rotate(3 1 2)"><path d="M0 0c1 1 2 2 3 0s1 1 2 2q1 2 3 4t5 6a3 2 9 1 0 4 4z"/>'
        b'<circle r="3"/><rect width="3" height="4" rx="1"/><polygon points="1 2,3 4"/></g><use href="#a"/></svg>',
    ),
    (FORMATS[".mat"], _mat(a=np.zeros((3, 2)), b=np.ones((2, 3, 2)), c="text", d=_cell())),
    (FORMATS[".tra"], b",".join([b"50"] * 16) + b",7\n"),
    (OMNIGLOT, b"START\n1,2,3\nBREAK\n4,5,6\n"),
]


ROLL = Roll(np.eye(9, 7, dtype=np.uint8), 8.0, 60, "a")
_TUNE = (
    b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x04MTrk\x00\x00\x00\x21\x00\xff\x51\x03\x07\xa1\x20\x00\xf0\x01\xf7"
    b"\x00\x90\x3c\x40\x02\x40\x40\x04\x3c\x00\x00\x99\x24\x7f\x81\x00\x40\x00\x00\xff\x2f\x00"
)
ROLLS: tuple[bytes, ...] = (
    rolls.to_text(ROLL).encode(),
    b"C4;C#4;D4;Eb4;E4;F4\n0;0;0;1;0;1\n1;1;0;0;0;0\n",
    "\n".join(" ".join(map(str, row)) for row in ROLL.keys.T.tolist()).encode("utf-16"),
    rolls.to_npy(ROLL),
    rolls.to_npz([ROLL, ROLL]),
    _TUNE,
)
"""Of piano rolls, which share their endings with drawings."""

MIDI: tuple[bytes, ...] = (
    _TUNE,
    _TUNE[:9] + b"\x02" + _TUNE[10:12] + b"\xe7\x28" + 2 * _TUNE[14:],
    b"RIFF\x00\x00\x00\x00RMIDdata\x00\x00\x00\x00" + _TUNE,
    midi.to_bytes(replace(ROLL, changes=(TempoChange(2, 4.0), TempoChange(4, 7.0)))),
)


def attempt_rolls(data: bytes) -> None:
    """Read as piano rolls, also where nobody says that they are some: the same as for drawings."""
    for asked_for in (False, True):
        refusal = NAME
        try:
            for roll in rolls.read(Source(NAME, data), asked_for=asked_for) or ():
                assert roll.keys.max(initial=0) <= 1
                assert roll.lowest + roll.pitches <= 128
        except StudioError as error:
            refusal = str(error)
        assert refusal.startswith(NAME)
        assert "\n" not in refusal


def attempt(form: Format, data: bytes) -> None:
    """Read with the bare reader: only StudioError, in one line that names the file, may escape."""
    refusal = NAME
    try:
        for drawing in form.read(Source(NAME, data)):
            assert np.isfinite(drawing.points).all()
            if drawing.times is not None:
                assert (np.diff(drawing.times) >= 0).all() or form.name == "JSON"
            if drawing.pressure is not None and form.name != "JSON":
                assert drawing.pressure.min() >= 0
                assert drawing.pressure.max() <= 1
    except StudioError as error:
        refusal = str(error)
    assert refusal.startswith(NAME)
    assert "\n" not in refusal
