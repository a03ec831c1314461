"""Writing material: the format goes by the ending of the file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from studio.errors import StudioError
from studio.files import arrays, atomic, audio, csv_points, inkml, json_drawings, midi, rolls, svg_page, texts
from studio.sequences.material import Drawing
from studio.sequences.materials import Kind, Material, kind_of
from studio.sequences.performance import performed
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text

DEFAULT_ENDING = ".csv"
"""Of the files in a folder of drawings whose name does not say."""

DEFAULT_AUDIO_ENDING = ".wav"
"""Likewise of recordings."""

DEFAULT_TEXT_ENDING = ".txt"
"""Likewise of texts."""

M = TypeVar("M")

Writer = Callable[[Sequence[Drawing]], bytes]


def _csv(drawings: Sequence[Drawing]) -> bytes:
    return csv_points.to_text(drawings[0]).encode()


def _full_csv(drawings: Sequence[Drawing]) -> bytes:
    return csv_points.to_text(drawings[0], all_columns=True).encode()


def _npy(drawings: Sequence[Drawing]) -> bytes:
    return arrays.to_npy(drawings[0])


def _full_npy(drawings: Sequence[Drawing]) -> bytes:
    return arrays.to_npy(drawings[0], all_columns=True)


def _inkml(drawings: Sequence[Drawing]) -> bytes:
    return inkml.to_text(drawings[0]).encode("utf-8", errors="replace")


def _json(drawings: Sequence[Drawing]) -> bytes:
    return json_drawings.to_text(drawings).encode()


def _svg(drawings: Sequence[Drawing], *, smooth: bool = False) -> bytes:
    return svg_page.to_text(drawings, smooth=smooth).encode("utf-8", errors="replace")


def _png(drawings: Sequence[Drawing], *, smooth: bool = False) -> bytes:
    from studio.files.images import to_png

    return to_png(drawings, smooth=smooth)


def _gif(drawings: Sequence[Drawing], *, smooth: bool = False) -> bytes:
    from studio.files.images import to_gif

    return to_gif(drawings, smooth=smooth)


ONE_PER_FILE: dict[str, Writer] = {".csv": _csv, ".npy": _npy, ".inkml": _inkml}
WITH_ALL_COLUMNS: dict[str, Writer] = {".csv": _full_csv, ".npy": _full_npy}
MANY_PER_FILE: dict[str, Writer] = {".json": _json, ".npz": arrays.to_npz, ".svg": _svg, ".png": _png, ".gif": _gif}
SMOOTH: dict[str, Writer] = {
    ".svg": partial(_svg, smooth=True),
    ".png": partial(_png, smooth=True),
    ".gif": partial(_gif, smooth=True),
}
ENDINGS = (*ONE_PER_FILE, *MANY_PER_FILE)
"""Of files with drawings; `audio.WRITTEN` has those of recordings."""

RollWriter = Callable[[Sequence[Roll]], bytes]


def _roll_csv(given: Sequence[Roll]) -> bytes:
    return rolls.to_text(given[0]).encode()


def _roll_npy(given: Sequence[Roll]) -> bytes:
    return rolls.to_npy(given[0])


def _roll_png(given: Sequence[Roll]) -> bytes:
    from studio.files.roll_pictures import to_png

    return to_png(given)


def _roll_midi(given: Sequence[Roll]) -> bytes:
    return midi.to_bytes(given[0])


ROLLS_ONE_PER_FILE: dict[str, RollWriter] = {
    ".csv": _roll_csv,
    ".npy": _roll_npy,
    ".mid": _roll_midi,
    ".midi": _roll_midi,
}
ROLLS_MANY_PER_FILE: dict[str, RollWriter] = {".npz": rolls.to_npz, ".png": _roll_png}
ROLL_ENDINGS = (*ROLLS_ONE_PER_FILE, *ROLLS_MANY_PER_FILE, *audio.WRITTEN)
"""Of files with piano rolls, or with what they sound like."""


def write_materials(
    materials: Sequence[Material],
    path: str | os.PathLike[str],
    *,
    all_columns: bool = False,
    width: audio.Width = 16,
    smooth: bool = False,
) -> list[Path]:
    """Write drawings, recordings or piano rolls, as `write_drawings`, `write_recordings` and `write_rolls` do.

    Recordings are gone through one by one, and so may be read from a project as they are written.

    Raises:
        StudioError: several kinds at once, or what those raise.
    """
    kinds = {kind_of(material) for material in materials}
    if len(kinds) > 1:
        raise StudioError("Different kinds of material do not go into the same file: export one kind at a time.")
    if kinds == {"roll"}:
        return write_rolls(cast(Sequence[Roll], materials), path, width=width)
    if kinds == {"text"}:
        return write_texts(cast(Sequence[Text], materials), path)
    if kinds == {"audio"}:
        return write_recordings(cast(Sequence[Recording], materials), path, width=width)
    return write_drawings(cast(Sequence[Drawing], materials), path, all_columns=all_columns, smooth=smooth)


def left_out(kind: Kind, labels: Sequence[str], materials: Iterable[Material], ending: str) -> str:
    """One sentence on what a file of this format has no place for and the material has; "" where it holds everything.

    Pictures and animations, and what piano rolls sound like, are something else than the material: nothing is said.

    Args:
        labels: of the material.
        materials: gone through only where it is needed.
        ending: of the file, or files.
    """
    lost = ["labels"] if any(labels) else []
    if kind in ("audio", "text"):
        what = "Sound files" if kind == "audio" else "Text files"
        return f"{what} hold no labels: export one label at a time." if lost else ""
    if kind == "roll":
        what = " and ".join([*lost, "tempo"])
        return f"NPY files do not hold {what}; NPZ and MIDI files do." if ending == ".npy" else ""
    if ending not in (".npy", ".inkml"):
        return ""
    drawings = [drawing for drawing in materials if isinstance(drawing, Drawing)]
    if ending == ".npy" and any(drawing.y_up is not None for drawing in drawings):
        lost.append("which way y grows")
    if ending == ".inkml":
        lost = ["times or pressure that only some strokes have"] if any(map(_is_partial, drawings)) else []
    return f"{ending[1:].upper()} files do not hold {' and '.join(lost)}; NPZ and JSON files do." if lost else ""


def _is_partial(drawing: Drawing) -> bool:
    """Whether some strokes have times or pressure, and others have not."""
    return any(len({getattr(stroke, name) is None for stroke in drawing.strokes}) > 1 for name in ("times", "pressure"))


def write_recordings(
    recordings: Sequence[Recording],
    path: str | os.PathLike[str],
    *,
    ending: str | None = None,
    width: audio.Width = 16,
) -> list[Path]:
    """Write recordings to a WAV or FLAC file, or to a folder of files 0001, 0002 and so on where there are several.

    Args:
        recordings: at least one.
        path: where to; its ending says the format. Without one, or where it is a folder, it becomes a folder of files.
        ending: the format, where the path does not say or says otherwise: ".wav" or ".flac".
        width: see `audio.write_recording`.

    Returns:
        The files written.

    Raises:
        StudioError: an unknown ending, a missing folder, or a place that cannot be written to.
    """
    target = Path(path)
    if not recordings:
        raise StudioError("There are no recordings to write.")
    into_folder, form = _place(target, ending, DEFAULT_AUDIO_ENDING, audio.WRITTEN, " for sound")
    if not into_folder and len(recordings) == 1:
        return [audio.write_recording(recordings[0], target, width)]
    files = _numbered(target, len(recordings), form)
    for recording, file in zip(recordings, files, strict=True):
        audio.write_recording(recording, file, width)
    return files


def write_texts(written: Sequence[Text], path: str | os.PathLike[str]) -> list[Path]:
    """Write texts to a .txt file, or to a folder of files 0001, 0002 and so on where there are several.

    Args:
        written: at least one.
        path: where to. Without an ending, or where it is a folder, it becomes a folder of files.

    Raises:
        StudioError: an unknown ending, a missing folder, or a place that cannot be written to.
    """
    target = Path(path)
    if not written:
        raise StudioError("There are no texts to write.")
    into_folder = target.is_dir() or not target.suffix
    form = DEFAULT_TEXT_ENDING if into_folder else target.suffix.lower()
    if form not in texts.WRITTEN:
        raise StudioError(f"{target}: the ending {form!r} is unknown for text; known are {', '.join(texts.WRITTEN)}.")
    one = not into_folder and len(written) == 1
    files = [target] if one else _numbered(target, len(written), form)
    for text, file in zip(written, files, strict=True):
        atomic.write_bytes(file, texts.to_bytes(text))
    return files


def write_rolls(
    given: Sequence[Roll], path: str | os.PathLike[str], *, ending: str | None = None, width: audio.Width = 16
) -> list[Path]:
    """Write piano rolls to a file, or to a folder of files.

    NPZ and PNG hold any number of them in one file; CSV, NPY and MIDI hold one, and so do WAV and FLAC, in which one
    hears them. Several of those make `path` a folder of files 0001, 0002 and so on.

    Args:
        given: at least one.
        path: where to; its ending says the format. Without one, or where it is a folder, it becomes a folder of files.
        ending: the format, where the path does not say or says otherwise.
        width: of sound, see `audio.write_recording`.

    Returns:
        The files written.

    Raises:
        StudioError: an unknown ending, a missing folder, or a place that cannot be written to.
    """
    target = Path(path)
    if not given:
        raise StudioError("There are no piano rolls to write.")
    into_folder, form = _place(target, ending, DEFAULT_ENDING, ROLL_ENDINGS, " for piano rolls")
    if form in audio.WRITTEN:
        return write_recordings([performed(roll) for roll in given], target, ending=ending, width=width)
    write = {**ROLLS_ONE_PER_FILE, **ROLLS_MANY_PER_FILE}[form]
    if not into_folder and (form in ROLLS_MANY_PER_FILE or len(given) == 1):
        atomic.write_bytes(target, write(given))
        return [target]
    return _write_folder(given, target, form, write)


def write_drawings(
    drawings: Sequence[Drawing],
    path: str | os.PathLike[str],
    *,
    ending: str | None = None,
    all_columns: bool = False,
    smooth: bool = False,
) -> list[Path]:
    """Write drawings to a file, or to a folder of files.

    JSON, NPZ, SVG, PNG and GIF hold any number of drawings in one file. CSV, NPY and InkML hold one: several drawings
    make `path` a folder of files 0001, 0002 and so on. A path without an ending, or a folder that is there, always
    becomes such a folder.

    Args:
        drawings: at least one.
        path: where to; its ending says the format.
        ending: the format, where the path does not say or says otherwise: ".csv" and so on.
        all_columns: in CSV and NPY, add times and pressure to x, y and pen.
        smooth: in SVG, PNG and GIF, curves through the points instead of straight lines.

    Returns:
        The files written.

    Raises:
        StudioError: an unknown ending, a missing folder, or a place that cannot be written to.
    """
    target = Path(path)
    if not drawings:
        raise StudioError("There are no drawings to write.")
    into_folder, form = _place(target, ending, DEFAULT_ENDING, ENDINGS)
    write = {
        **ONE_PER_FILE,
        **MANY_PER_FILE,
        **(WITH_ALL_COLUMNS if all_columns else {}),
        **(SMOOTH if smooth else {}),
    }[form]
    if into_folder or (form in ONE_PER_FILE and len(drawings) > 1):
        return _write_folder(drawings, target, form, write)
    atomic.write_bytes(target, write(drawings))
    return [target]


def _place(
    target: Path, ending: str | None, default: str, known: Sequence[str], what_for: str = ""
) -> tuple[bool, str]:
    """Whether a target is a folder of files, and the ending that says their format.

    Raises:
        StudioError: an unknown ending.
    """
    into_folder = target.is_dir() or not target.suffix
    form = (ending or target.suffix or default).lower()
    if into_folder and ending is None and form not in known:
        form = default
    if form not in known:
        raise StudioError(f"{target}: the ending {form!r} is unknown{what_for}; known are {', '.join(known)}.")
    return into_folder, form


def _write_folder(given: Sequence[M], folder: Path, ending: str, write: Callable[[Sequence[M]], bytes]) -> list[Path]:
    files = _numbered(folder, len(given), ending)
    for material, file in zip(given, files, strict=True):
        atomic.write_bytes(file, write([material]))
    return files


def _numbered(folder: Path, count: int, ending: str) -> list[Path]:
    """So many files in a folder, numbered so that the order of their names is that of what they hold."""
    atomic.make_folder(folder)
    digits = max(4, len(str(count)))
    return [folder / f"{i:0{digits}d}{ending}" for i in range(1, count + 1)]


def write_page(data: bytes, path: Path) -> tuple[Path, ...]:
    """Write the contents of a file that was made elsewhere: a table, a page, an animation.

    Raises:
        StudioError: its folder is missing, or it cannot be written there.
    """
    atomic.write_bytes(path, data)
    return (path,)
