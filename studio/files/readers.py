"""Reading material from files of any known kind, several at once, whole folders; a bad file never stops the rest."""

from __future__ import annotations

import io
import itertools
import json
import logging
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from studio.errors import StudioError
from studio.files import (
    arrays,
    audio,
    bvh,
    csv_points,
    excalidraw,
    gcode,
    geojson,
    gpx,
    hpgl,
    iam_ondb,
    inkml,
    json_drawings,
    kml,
    limits,
    matlab,
    midi,
    omniglot_strokes,
    pendigits,
    quickdraw,
    quickdraw_binary,
    rolls,
    spreadsheets,
    svg,
    text_tables,
    texts,
    uji_pen,
    unipen,
    xournal,
)
from studio.files.raw_table import RawTable
from studio.files.sentences import Sentences
from studio.files.source import Source, printable, reason
from studio.files.table_options import AS_FOUND, TableOptions
from studio.sequences.material import Drawing
from studio.sequences.materials import Kind, Material, counted
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text

log = logging.getLogger(__name__)

Reader: TypeAlias = Callable[[Source], Iterator[Drawing]]


@dataclass(frozen=True)
class Format:
    """A kind of file that holds drawings: its name for the user, and what reads it."""

    name: str
    read: Reader


CSV = Format("table of points", csv_points.read)
NPY = Format("NumPy array", arrays.read_npy)
NPZ = Format("NumPy archive", arrays.read_npz)
JSON = Format("JSON", json_drawings.read)
QUICKDRAW = Format("Quick, Draw! file", quickdraw.read)
INKML = Format("InkML document", inkml.read)
UNIPEN = Format("UNIPEN file", unipen.read)
SVG = Format("SVG document", svg.read)
MATLAB = Format("MATLAB file", matlab.read)
OMNIGLOT = Format("Omniglot stroke file", omniglot_strokes.read)
PENDIGITS = Format("Pendigits file", pendigits.read)
IAM_ONDB = Format("IAM-OnDB document", iam_ondb.read)
UJI_PEN = Format("UJI Pen Characters file", uji_pen.read)
GPX = Format("GPX document", gpx.read)
KML = Format("KML document", kml.read)
KMZ = Format("KMZ archive", kml.read_archive)
GEOJSON = Format("GeoJSON document", geojson.read)
SPREADSHEET = Format("spreadsheet", spreadsheets.read)
QUICKDRAW_BINARY = Format("binary Quick, Draw! file", quickdraw_binary.read)
BVH = Format("BVH motion", bvh.read)
XOURNAL = Format("Xournal document", xournal.read)
HPGL = Format("HP-GL file", hpgl.read)
GCODE = Format("G-code", gcode.read)
EXCALIDRAW = Format("Excalidraw document", excalidraw.read)

FORMATS: dict[str, Format] = {
    ".csv": CSV,
    ".tsv": CSV,
    ".npy": NPY,
    ".npz": NPZ,
    ".json": JSON,
    ".ndjson": QUICKDRAW,
    ".jsonl": QUICKDRAW,
    ".inkml": INKML,
    ".unp": UNIPEN,
    ".unipen": UNIPEN,
    ".upn": UNIPEN,
    ".svg": SVG,
    ".mat": MATLAB,
    ".tra": PENDIGITS,
    ".tes": PENDIGITS,
    ".gpx": GPX,
    ".kml": KML,
    ".kmz": KMZ,
    ".geojson": GEOJSON,
    ".xlsx": SPREADSHEET,
    ".xlsm": SPREADSHEET,
    ".bin": QUICKDRAW_BINARY,
    ".bvh": BVH,
    ".xopp": XOURNAL,
    ".xoj": XOURNAL,
    ".excalidraw": EXCALIDRAW,
    ".excalidrawlib": EXCALIDRAW,
    ".hpgl": HPGL,
    ".hpg": HPGL,
    ".hgl": HPGL,
    ".plt": HPGL,
    ".gcode": GCODE,
    ".gco": GCODE,
    ".nc": GCODE,
    ".ngc": GCODE,
    ".tap": GCODE,
}
"""What an ending says of files with drawings (recordings: `audio.ENDINGS`, texts: `texts.ENDINGS`); others are judged
by their content, and so is a .txt file, which may hold points."""

WELL_KNOWN = (".csv", ".txt", ".npy", ".npz", ".json", ".ndjson", ".inkml", ".svg", ".mat", ".xlsx", ".gpx", ".kml")
"""Those that a sentence names; docs/file-formats.md has all."""

JUDGED_BY_CONTENT = frozenset({".txt", ".dat", ".xml", ".asc", ""})
"""Endings that files in a folder may have to be looked into; others there are passed over."""

SNIFFED_BYTES = 4096

SOME_FILES, SOME_BYTES = 16, 256 * 1024
"""So many files of an import, no larger than that, are looked at first: what all tables hold is surer then."""


class Cancelled(Exception):
    """Somebody asked to stop."""


@dataclass(frozen=True)
class ReadItem:
    """One piece of material, and the name to show for it."""

    name: str
    material: Material


@dataclass
class ImportResult:
    """What came in, a sentence for everything that did not, and those of them that only say how a file was read."""

    materials: list[ReadItem] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)


def read_materials(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    label: str = "",
    kind: Kind | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    reading: rolls.Reading = rolls.AS_IT_SAYS,
    tables: TableOptions = AS_FOUND,
) -> ImportResult:
    """Read files and folders all at once; see `read_file_by_file`."""
    result = ImportResult()
    for found in read_file_by_file(
        paths, label=label, kind=kind, progress=progress, cancelled=cancelled, reading=reading, tables=tables
    ):
        result.materials += found.materials
        result.problems += found.problems
    return result


def read_file_by_file(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    label: str = "",
    kind: Kind | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    reading: rolls.Reading = rolls.AS_IT_SAYS,
    tables: TableOptions = AS_FOUND,
) -> Iterator[ImportResult]:
    """Read files and folders. A file comes in whole or not at all, and a bad one never stops the rest.

    Nothing that was given is held here while the next file is read.

    Args:
        paths: files, and folders, which are read with all below them in the order of their names.
        label: for everything read; without it a drawing has the label its file gives it, a recording the one that the
            names of its folder's files speak (see `audio.labels_from_names`), and what has neither, from a folder, the
            name of the folder its file lies in.
        kind: what the files hold, None to judge by each file; in folders, others are passed over. Texts in a folder
            come in only where nothing else does: beside drawings or recordings they are a README or a licence.
        progress: called with (files done, files in all) before the first file and after each.
        cancelled: asked now and then; once it says True, no more is read.
        reading: of piano rolls, what their files do not say.
        tables: of tables and arrays of points, likewise.

    Yields:
        what came in from each file; first of all, sentences on what is no file; last of all, sentences on what did not
        come in and on what was assumed, one for many files alike.
    """

    def check_cancelled() -> None:
        if cancelled is not None and cancelled():
            raise Cancelled

    going = _Import(label, kind, reading, tables, check_cancelled)
    try:
        given = [paths] if isinstance(paths, str | os.PathLike) else paths
        problems: list[str] = []
        files = _with_spoken_labels(list(_files(given, kind, problems, check_cancelled)))
        going.alike = _tables_of_some(files, tables) if kind in (None, "pen") else []
        yield ImportResult(problems=problems)
        for done, file in enumerate(files):
            check_cancelled()
            if progress is not None:
                progress(done, len(files))
            yield from going.take_in(file)
        yield from going.finish()
        if progress is not None:
            progress(len(files), len(files))
    except Cancelled:
        log.info("import cancelled after %d items", going.came)
    yield ImportResult(problems=going.sentences.told())


@dataclass
class _Import:
    """An import on its way.

    Attributes:
        alike: tables in some of the files.
        came: how many pieces of material came in.
        beside: texts in folders, which come in only where nothing else does.
        failed: likewise .txt files in folders that are not what they begin like.
    """

    label: str
    kind: Kind | None
    reading: rolls.Reading
    tables: TableOptions
    check_cancelled: Callable[[], None]
    alike: list[RawTable] = field(default_factory=list)
    came: int = 0
    beside: list[_File] = field(default_factory=list)
    failed: list[tuple[_File, ImportResult]] = field(default_factory=list)
    sentences: Sentences = field(default_factory=Sentences)

    def take_in(self, file: _File) -> Iterator[ImportResult]:
        """Read a file, unless it is to wait."""
        if self.kind is None and file.in_folder and _is_text(file.path):
            self.beside.append(file)
            return
        found = self._read(file, self.kind)
        if self.kind is None and not found.materials and found.problems and _is_written(file.path):
            if file.in_folder:
                self.failed.append((file, found))
                return
            found = self._as_text_after_all(file, found)
        yield self._told(file, found)

    def finish(self) -> Iterator[ImportResult]:
        """Read what waited, where nothing but texts came in."""
        is_of_texts = not self.came
        for file in self.beside if is_of_texts else ():
            yield self._told(file, self._read(file, "text"))
        for file, found in self.failed:
            yield self._told(file, self._as_text_after_all(file, found) if is_of_texts else found)

    def _read(self, file: _File, kind: Kind | None) -> ImportResult:
        return _taken_in(file, self.label, kind, self.check_cancelled, self.reading, self.tables, self.alike)

    def _as_text_after_all(self, file: _File, found: ImportResult) -> ImportResult:
        """The text in a .txt file that begins like something else, and why it is not that."""
        text = self._read(file, "text")
        if not text.materials:
            return found
        why = found.problems[0].removeprefix(file.name).lstrip(":, ").rstrip(".")
        said = f"{file.name}: came in as a text; it begins like another kind of file, but cannot be read as that"
        return ImportResult(text.materials, [f"{said} ({why}).", *text.problems])

    def _told(self, file: _File, found: ImportResult) -> ImportResult:
        self.came += len(found.materials)
        self.sentences.add(file.name, found.problems, found.assumed)
        return ImportResult(found.materials)


@dataclass(frozen=True)
class _File:
    """A file to read: its name for the user, and the label it has from its folder."""

    path: Path
    name: str
    label: str = ""
    in_folder: bool = False


def _files(
    paths: Iterable[str | os.PathLike[str]],
    kind: Kind | None,
    problems: list[str],
    check_cancelled: Callable[[], None],
) -> Iterator[_File]:
    count = 0
    for path in map(Path, paths):
        if path.is_dir():
            found: Iterable[_File] = _files_below(path, kind, problems, check_cancelled)
        else:
            found = [_File(path, printable(path.name))]
        empty = True
        for file in found:
            if count == limits.FILES_PER_IMPORT:
                problems.append(f"Only the first {count:,} files were read; import the rest in parts.")
                return
            count, empty = count + 1, False
            yield file
        if empty:
            problems.append(f"{printable(str(path))}: holds no file that can be read; {known_endings(kind)}.")


def _files_below(
    folder: Path, kind: Kind | None, problems: list[str], check_cancelled: Callable[[], None]
) -> Iterator[_File]:
    """Everything in a folder that may be material, in the order of names; hidden files are passed over."""
    wanted = {*_endings(kind), *(JUDGED_BY_CONTENT if kind != "text" else ())}

    def unreadable(error: OSError) -> None:
        problems.append(f"{printable(str(error.filename))}: cannot be read: {reason(error)}.")

    for place, folders, names in os.walk(folder, onerror=unreadable):
        check_cancelled()
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and path.suffix.lower() in wanted:
                shown = printable(str(path.relative_to(folder.parent)))
                yield _File(path, shown, label=printable(path.parent.resolve().name), in_folder=True)


def _with_spoken_labels(files: list[_File]) -> list[_File]:
    """The files; those of recordings with the labels that the names in each folder speak, where they do."""
    names: dict[Path, list[str]] = {}
    for file in files:
        if file.path.suffix.lower() in audio.ENDINGS:
            names.setdefault(file.path.parent, []).append(file.path.name)
    spoken = {folder: audio.labels_from_names(found) for folder, found in names.items()}
    return [
        replace(file, label=printable(spoken.get(file.path.parent, {}).get(file.path.name, file.label)))
        for file in files
    ]


def _tables_of_some(files: Sequence[_File], options: TableOptions) -> list[RawTable]:
    """The tables in some of the files, by which it is told how all those like them are read."""
    asked = [file for file in files if FORMATS.get(file.path.suffix.lower()) in TABLES]
    found: list[RawTable] = []
    for file in asked[:: -(-len(asked) // SOME_FILES) or 1] if len(asked) > 1 else []:
        try:
            if file.path.stat().st_size > SOME_BYTES:
                continue
            source = Source.open(file.path, file.name, options=options)
            form = form_of_table(file.path, source)
            for _ in itertools.islice(read_drawings(form, source) if form is not None else (), 1):
                pass
            found += [table for doubt in source.doubts for table in doubt.tables[:2]]
        except (StudioError, OSError):  # which is said when its turn comes
            continue
    return found


def _taken_in(
    file: _File,
    label: str,
    kind: Kind | None,
    check_cancelled: Callable[[], None],
    reading: rolls.Reading,
    tables: TableOptions,
    alike: Sequence[RawTable],
) -> ImportResult:
    """All that is in one file, or a sentence."""
    assumed: list[str] = []
    try:
        if kind == "audio" or (kind is None and _is_sound(file.path)):
            materials, notes = _recordings(file, check_cancelled)
        elif kind == "text" or (kind is None and _is_text(file.path)):
            materials, notes = _texts(file, check_cancelled, tables)
        else:
            source = Source.open(file.path, file.name, check_cancelled, tables)
            source = replace(source, alike=alike)
            found = None if kind == "pen" else _rolls(file, source, kind == "roll", reading)
            materials, notes = _drawings(file, source) if found is None else (found, source.notes)
            assumed = source.assumed
    except StudioError as error:
        return ImportResult(problems=[str(error)])
    result = ImportResult(problems=list(notes), assumed=assumed)
    name = printable(file.path.name)
    if any(_has_half_letters(material) for material in materials):
        return ImportResult(problems=[f"{file.name}: holds a lone surrogate, half of a letter, which cannot be kept."])
    for i, material in enumerate(materials, 1):
        given = label or material.label or file.label
        item = material if given == material.label else material.labelled(given)
        result.materials.append(ReadItem(f"{name} {i}" if len(materials) > 1 else name, item))
    return result


def _has_half_letters(material: Material) -> bool:
    """Whether its label holds half of a pair that stands for one letter, which cannot be kept; texts see to theirs."""
    return any("\ud800" <= letter <= "\udfff" for letter in material.label)


def _is_sound(path: Path) -> bool:
    """Whether a file holds sound, by its ending or, where that says nothing, by how it begins."""
    ending = path.suffix.lower()
    if ending in audio.ENDINGS or ending in audio.FOREIGN:
        return True
    if ending in FORMATS:
        return False
    try:
        return path.is_file() and audio.looks_like(_head(path)) and not _is_written(path)
    except OSError:
        return False  # whoever reads it says why it cannot be


def _is_text(path: Path) -> bool:
    """Whether a file holds text, by its ending, unless a .txt file holds a drawing or a sound."""
    ending = path.suffix.lower()
    if ending != ".txt":
        return ending in texts.ENDINGS
    try:
        return _is_written(path) and not _is_something_else(path)
    except OSError:
        return False


def _is_written(path: Path) -> bool:
    """Whether a .txt file begins with letters, and not with the bytes of some other kind of file."""
    try:
        return path.suffix.lower() == ".txt" and path.is_file() and texts.is_written(_head(path))
    except OSError:
        return False


def _is_something_else(path: Path) -> bool:
    """Whether what is written in a file is no text, but a table or a drawing throughout its beginning."""
    head = _head(path)
    form = sniff(head)
    if form in (JSON, QUICKDRAW):
        return _is_json(path)
    return form is not None and form not in BINARY


def _is_json(path: Path) -> bool:
    """Whether a file is JSON, or begins with a line of it, and not a text with a bracket in front."""
    source = Source.open(path)
    lines = source.text().split("\n", 1)
    return any(_parses(part) for part in (source.text(), lines[0]) if part.strip())


def _parses(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list | dict)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SNIFFED_BYTES)


def _recordings(file: _File, check_cancelled: Callable[[], None]) -> tuple[Sequence[Material], list[str]]:
    """The recording in a file, and notes on what was left out of it.

    The file is read piece by piece, so there is no limit to its bytes as for drawings.
    """
    source = Source(file.name, b"", [], check_cancelled)
    if file.in_folder and file.path.suffix.lower() in JUDGED_BY_CONTENT and not _is_sound(file.path):
        return [], []  # a README between the recordings
    try:
        return [audio.read_recording(file.path, source)], source.notes
    except (StudioError, Cancelled):
        raise
    except MemoryError as error:
        raise source.refuse("asks for more memory than there is") from error
    except Exception as error:
        log.exception("reading %s as sound", source.name)
        raise source.refuse(f"cannot be read as sound ({type(error).__name__}; the log says more)") from error


def _texts(
    file: _File, check_cancelled: Callable[[], None], options: TableOptions
) -> tuple[Sequence[Material], list[str]]:
    """The text in a file, and notes on what was left out of it."""
    source = Source.open(file.path, file.name, check_cancelled, options)
    return [texts.read(source)], source.notes


def _rolls(file: _File, source: Source, asked_for: bool, reading: rolls.Reading) -> Sequence[Material] | None:
    """The piano rolls in a file; None where it may be drawings."""
    ending = file.path.suffix.lower()
    may_be = ending in rolls.ENDINGS or (midi.looks_like(source.data) and not _is_written(file.path))
    if not may_be and not (ending in JUDGED_BY_CONTENT and sniff(source.data) in (CSV, NPY, NPZ)):
        if not asked_for:
            return None
        if file.in_folder:
            return []  # a README between the piano rolls
        raise source.refuse(f"is of no kind that holds piano rolls; {known_endings('roll')}")
    try:
        return rolls.read(source, reading, asked_for=asked_for)
    except (StudioError, Cancelled):
        raise
    except MemoryError as error:
        raise source.refuse("asks for more memory than there is") from error
    except Exception as error:
        log.exception("reading %s as piano roll", source.name)
        raise source.refuse(f"cannot be read as piano roll ({type(error).__name__}; the log says more)") from error


def _drawings(file: _File, source: Source) -> tuple[Sequence[Material], list[str]]:
    """The drawings in a file, and notes on what was left out of it."""
    form = FORMATS.get(file.path.suffix.lower()) or sniff(source.data)
    if form is None and file.in_folder:
        return [], []  # a README between the drawings
    if form is None:
        raise source.refuse(f"is of no kind that can be read; {known_endings()}")
    drawings: list[Drawing] = []
    points = 0
    for drawing in read_drawings(form, source):
        points += len(drawing)
        if len(drawings) == limits.DRAWINGS_PER_FILE or points > limits.POINTS_PER_FILE:
            source.note(f"only the first {len(drawings):,} drawings came in, the most that one file may give")
            break
        drawings.append(drawing)
    return drawings, source.notes


TABLES = (CSV, NPY, NPZ, MATLAB, SPREADSHEET, JSON)
"""Formats whose columns have to be found out."""


def tables_among(paths: Iterable[str | os.PathLike[str]]) -> Iterator[tuple[Path, str]]:
    """The files, also those in folders, that may hold a table of points, and their names for the user."""
    for file in _files(paths, None, [], lambda: None):
        form = FORMATS.get(file.path.suffix.lower())
        if form in TABLES or (form is None and file.path.suffix.lower() in JUDGED_BY_CONTENT):
            yield file.path, file.name


def form_of_table(path: Path, source: Source) -> Format | None:
    """The format of a file that holds a table of points; None where it holds something else, such as a piano roll."""
    form = FORMATS.get(path.suffix.lower()) or sniff(source.data)
    if form not in TABLES:
        return None
    try:
        return None if form in (CSV, NPY, NPZ) and rolls.read(source) is not None else form
    except StudioError:
        return form


def read_drawings(form: Format, source: Source) -> Iterator[Drawing]:
    """Read with one format; whatever a library raises becomes a sentence, and its detail goes to the log.

    Raises:
        StudioError: the file cannot be read as this format.
    """
    try:
        yield from form.read(source)
    except (StudioError, Cancelled):
        raise
    except MemoryError as error:
        raise source.refuse("asks for more memory than there is") from error
    except Exception as error:
        log.exception("reading %s as %s", source.name, form.name)
        raise source.refuse(f"cannot be read as {form.name} ({type(error).__name__}; the log says more)") from error


def read_drawing(path: str | os.PathLike[str]) -> Drawing:
    """The first drawing in a file, for a beginning to be continued.

    Raises:
        StudioError: the file cannot be read.
    """
    found = _first(path, "pen")
    assert isinstance(found, Drawing)
    return found


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """The recording in a file, likewise.

    Raises:
        StudioError: the file cannot be read.
    """
    found = _first(path, "audio")
    assert isinstance(found, Recording)
    return found


def read_text(path: str | os.PathLike[str]) -> Text:
    """The text in a file, likewise.

    Raises:
        StudioError: the file cannot be read.
    """
    found = _first(path, "text")
    assert isinstance(found, Text)
    return found


def read_roll(path: str | os.PathLike[str], reading: rolls.Reading = rolls.AS_IT_SAYS) -> Roll:
    """The first piano roll in a file, likewise.

    Raises:
        StudioError: the file cannot be read.
    """
    found = _first(path, "roll", reading)
    assert isinstance(found, Roll)
    return found


def _first(path: str | os.PathLike[str], kind: Kind, reading: rolls.Reading = rolls.AS_IT_SAYS) -> Material:
    result = read_materials([path], kind=kind, reading=reading)
    if not result.materials:
        what = counted(1, (kind,)).removeprefix("one ")
        raise StudioError(result.problems[0] if result.problems else f"{path}: holds no {what}.")
    return result.materials[0].material


def sniff(data: bytes) -> Format | None:
    """The format that the first bytes of a file speak for, None where they speak for none."""
    if data.startswith(b"PK\x03\x04"):
        return _sniffed_archive(data)
    for magic, form in MAGIC:
        if data.startswith(magic):
            return form
    head = data[:SNIFFED_BYTES]
    try:
        text = Source("", head).text().lstrip("\ufeff \t\r\n")
    except StudioError:
        return None
    if text.startswith("<"):
        return next((form for tag, form in ROOTS if tag in data[: 16 * SNIFFED_BYTES]), None)
    if text.startswith(("{", "[")):
        return QUICKDRAW if quickdraw.looks_like(Source("", data[: 16 * SNIFFED_BYTES]).text()) else JSON
    return _sniffed_lines(text.split("\n")[:-1] or [text])


BINARY = frozenset({NPY, NPZ, MATLAB, SPREADSHEET, KMZ, QUICKDRAW_BINARY})
"""Formats whose files hold no text."""

MAGIC = (
    (b"\x93NUMPY", NPY),
    (b"MATLAB 5.0 MAT-file", MATLAB),
    (b"MATLAB 7.3 MAT-file", MATLAB),
)
ROOTS = (
    *((b"<svg", SVG), (b"<ink", INKML), (b"<WhiteboardCaptureSession", IAM_ONDB), (b"<gpx", GPX), (b"<kml", KML)),
    *((b"<xournal", XOURNAL), (b":svg", SVG), (b":ink", INKML), (b":gpx", GPX), (b":kml", KML)),
)


def _sniffed_archive(data: bytes) -> Format:
    """What the names of the members of a zip archive speak for."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return NPZ  # which says that it is damaged
    if spreadsheets.is_spreadsheet(names):
        return SPREADSHEET
    return KMZ if any(name.lower().endswith(".kml") for name in names) else NPZ


def _sniffed_lines(lines: Sequence[str]) -> Format | None:
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return None
    return next((form for looks_like, form in STRUCTURES if looks_like(lines)), None)


STRUCTURES: tuple[tuple[Callable[[Sequence[str]], bool], Format], ...] = (
    (omniglot_strokes.looks_like, OMNIGLOT),
    (uji_pen.looks_like, UJI_PEN),
    (bvh.looks_like, BVH),
    (unipen.looks_like, UNIPEN),
    (hpgl.looks_like, HPGL),
    (gcode.looks_like, GCODE),
    (text_tables.looks_like, CSV),
)
"""What the first lines of a file, stripped and none of them empty, look like in formats made of lines."""


def known_endings(kind: Kind | None = None) -> str:
    """The endings that are known of a kind of material, or of all, as part of a sentence."""
    drawings = f"{', '.join(WELL_KNOWN)} and others"
    sound = "WAV, FLAC, OGG, MP3 and AIFF"
    written = " and ".join(texts.WRITTEN)
    by_kind: dict[Kind, str] = {
        "pen": drawings,
        "audio": sound,
        "text": written,
        "roll": f"{', '.join(sorted(rolls.ENDINGS))} and .txt",
    }
    if kind is not None:
        return f"known are {by_kind[kind]}"
    return f"known are {drawings} for drawings and piano rolls, {sound} for sound, {written} for text"


def _endings(kind: Kind | None) -> tuple[str, ...]:
    """Of files that are looked at in a folder, also of sound that cannot be read: it shall not be missing unsaid."""
    known: dict[Kind, tuple[str, ...]] = {
        "pen": tuple(FORMATS),
        "audio": (*audio.ENDINGS, *audio.FOREIGN),
        "text": texts.ENDINGS,
        "roll": rolls.ENDINGS,
    }
    return tuple(ending for each, endings in known.items() if kind in (None, each) for ending in endings)
