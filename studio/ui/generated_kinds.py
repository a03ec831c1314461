"""How the window speaks of generating each kind of material, and what that can be written to."""

from __future__ import annotations

from dataclasses import dataclass

from studio.sequences.materials import Kind
from studio.ui.audio.thumbnails import RECORDINGS
from studio.ui.file_dialogs import DRAWING_FILES, ROLL_FILES, SOUND_FILES, TEXT_FILES, Kinds
from studio.ui.notes.thumbnails import ROLLS
from studio.ui.text.thumbnails import TEXTS
from studio.ui.thumbnails import DRAWINGS, Look


@dataclass(frozen=True)
class GeneratedKind:
    """One kind of material, as it is generated.

    Attributes:
        performer: who generates it, as a title.
        ask: what a label asks for, as a title: draw ..., say ....
        done: what has happened to it.
        invitation: what will come once there is a model.
        look: how a piece of it is painted small.
        endings: of the files that it can be written to, the usual first.
        files: the same for a file dialog.
        heard: whether it is sound, which has a length in seconds.
    """

    performer: str
    ask: str
    done: str
    invitation: str
    look: Look
    endings: tuple[str, ...]
    files: Kinds
    heard: bool = False


KINDS: dict[Kind, GeneratedKind] = {
    "pen": GeneratedKind(
        *("Pens", "Draw", "drawn", "its drawings appear here"),
        DRAWINGS,
        ("svg", "png", "gif", "csv"),
        DRAWING_FILES,
    ),
    "audio": GeneratedKind(
        *("Voice", "Say", "said", "hear it here"),
        RECORDINGS,
        ("wav", "flac"),
        SOUND_FILES,
        heard=True,
    ),
    "text": GeneratedKind(
        *("Text", "Write", "written", "it writes here"),
        TEXTS,
        ("txt",),
        TEXT_FILES,
    ),
    "roll": GeneratedKind(
        *("Music", "Play", "played", "hear it here"),
        ROLLS,
        ("wav", "mid", "csv", "npz", "npy", "png", "flac"),
        ROLL_FILES,
        heard=True,
    ),
}

ENDINGS = tuple(dict.fromkeys(ending for kind in KINDS.values() for ending in kind.endings))
"""Of all kinds, each once."""
