"""Asking for files, beginning in the folder of last time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from studio.ui.preferences import preferences, remembered_text

Kinds = Mapping[str, str]  # what it is called, by ending
PROJECT_FILES: Kinds = {".vrnn": "VRNN Studio project"}
DRAWING_FILES: Kinds = {
    ".csv": "CSV table x, y, pen",
    ".svg": "SVG picture",
    ".json": "JSON",
    ".inkml": "InkML",
    ".npy": "NumPy array",
    ".png": "PNG picture",
    ".gif": "GIF animation",
}
SOUND_FILES: Kinds = {".wav": "WAV sound", ".flac": "FLAC sound"}
TEXT_FILES: Kinds = {".txt": "Text", ".md": "Markdown"}
ROLL_FILES: Kinds = {
    ".mid": "MIDI file",
    ".csv": "CSV table of zeros and ones",
    ".npz": "NumPy archive",
    ".npy": "NumPy array",
    ".png": "PNG picture",
    ".wav": "WAV sound",
    ".flac": "FLAC sound",
}
READABLE = (
    "Drawings (*.csv *.tsv *.txt *.npy *.npz *.json *.ndjson *.inkml *.unp *.unipen *.dat *.svg *.mat);;"
    "Sound (*.wav *.flac *.ogg *.opus *.mp3 *.aif *.aiff *.au *.caf);;Text (*.txt *.md *.markdown);;"
    "Piano rolls (*.mid *.midi *.kar *.rmi *.csv *.tsv *.txt *.npy *.npz);;All files (*)"
)


def ask_where_to_save(parent: QWidget, title: str, name: str, kinds: Kinds) -> Path | None:
    """A path with one of the endings, or None where the person changed their mind."""
    filters = {f"{what} (*{ending})": ending for ending, what in kinds.items()}
    first = next((text for text, ending in filters.items() if name.endswith(ending)), "")
    answer, chosen = QFileDialog.getSaveFileName(parent, title, str(_folder() / name), ";;".join(filters), first)
    if not answer:
        return None
    path = Path(answer)
    if path.suffix.lower() not in kinds:
        path = path.with_name(path.name + filters.get(chosen, next(iter(kinds))))
    _remember(path)
    return path


def ask_for_project(parent: QWidget, title: str = "Open a project") -> Path | None:
    """A project to open, or a copy of one."""
    answer, _ = QFileDialog.getOpenFileName(parent, title, str(_folder()), "VRNN Studio projects (*.vrnn)")
    return _remember(Path(answer)) if answer else None


def ask_for_files(parent: QWidget) -> list[Path]:
    """Files to import."""
    answers, _ = QFileDialog.getOpenFileNames(parent, "Import", str(_folder()), READABLE)
    return [_remember(Path(answer)) for answer in answers]


def ask_for_folder(parent: QWidget) -> Path | None:
    """A folder to import."""
    answer = QFileDialog.getExistingDirectory(parent, "Import a folder", str(_folder()))
    return _remember(Path(answer)) if answer else None


def _folder() -> Path:
    return Path(remembered_text("folders/last", str(Path.home())))


def _remember(path: Path) -> Path:
    preferences().setValue("folders/last", str(path.parent))
    return path
