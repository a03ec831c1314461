"""Takes pictures of every pane and view on a virtual screen, in three sizes and both themes: ``pictures.py FOLDER``.

A model is trained on a sample first; then the real program shows it, with real mouse events.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from program import Entry
from studio_window import Studio
from virtual_screen import VirtualScreen

from studio.sequences.recording import Recording
from studio.sequences.roll import Note, Roll
from studio.sequences.text import Text
from studio.workbench import Workbench

SIZES = ((1024, 700), (1280, 800), (1920, 1080))
THEMES = ("Light", "Dark")
LOADING_SECONDS = 20  # until a model is loaded, and has drawn something
TILE, GAP = 400, 8  # pixels of a view on the sheet of all
COLOURS = 64  # of the palette: a picture of a window has few


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        project = trained(Path(home))
        for size in SIZES:
            with VirtualScreen(size) as screen, Studio(screen, Path(home), str(project)) as studio:
                studio.wait_for_drawings(12)
                studio.screen.press("shift+F11")  # as large as the screen
                time.sleep(LOADING_SECONDS)
                for theme in THEMES:
                    studio.choose("View", "Theme", theme)
                    for name, show in VIEWS.items():
                        show(studio)
                        close_banner(studio)
                        take(studio, folder / file_name(size, theme, name))
            on_one_sheet(folder, size).save(folder / f"{size[0]}x{size[1]}.png", optimize=True)


def file_name(size: tuple[int, int], theme: str, view: str) -> str:
    return f"{size[0]}x{size[1]}-{theme.lower()}-{view}.png"


def on_one_sheet(folder: Path, size: tuple[int, int]) -> Image.Image:
    """Every view in one small picture, light on the left, dark on the right."""
    wide, high = TILE, round(TILE * size[1] / size[0])
    sheet = Image.new("RGB", (2 * wide + GAP, len(VIEWS) * (high + GAP) - GAP), "white")
    for column, theme in enumerate(THEMES):
        for row, view in enumerate(VIEWS):
            picture = Image.open(folder / file_name(size, theme, view)).convert("RGB")
            smaller = picture.resize((wide, high), Image.Resampling.LANCZOS)
            sheet.paste(smaller, (column * (wide + GAP), row * (high + GAP)))
    return sheet.quantize(2 * COLOURS, dither=Image.Dither.NONE)


def close_banner(studio: Studio) -> None:
    """That says that a virtual screen has no loudspeaker."""
    time.sleep(1)
    banner = next((widget for widget in studio.look() if "Banner" in widget.kind), None)
    if banner is not None:
        close = next(widget for widget in studio.look() if widget.tip == "Close")
        studio.screen.click(close.middle)


def trained(folder: Path) -> Path:
    """A project with drawings, a recording, a text, a piano roll, and two finished runs."""
    path = folder / "eights.vrnn"
    bench = Workbench(folder / "workbench", remember=False)
    bench.open_sample("eights", path)
    times = np.arange(12_000) / 16_000
    voice = 0.4 * np.sin(2 * np.pi * 220 * times * (1 + times)) * np.hanning(len(times))
    text = Text("The harbour lies still in the morning, and the boats are out.", label="harbour")
    notes = [Note(4 * place, 4 * place + 4, pitch) for place, pitch in enumerate((60, 64, 67, 72, 67, 64, 60, 55))]
    sound = Recording(voice.astype(np.float32), 16_000, "glide")
    bench.add_materials([sound, text, Roll.from_notes(notes, 32, 8.0, label="arpeggio")], "made up")
    for seed in (1, 2):
        bench.train("pens-quick", seed=seed)
        while bench.training.phase != "idle":
            time.sleep(0.05)
            bench.poll()
    bench.close()
    return path


def tab(studio: Studio, text: str) -> None:
    """Bring a tab to the front, in whichever bar it is."""

    def found() -> Entry | None:
        entries = [entry for bar in studio.all(kind="QTabBar") for entry in bar.items]
        return next((entry for entry in entries if entry.text == text), None)

    studio.screen.click(studio.wait_for(found, f"the tab {text}").middle)


def samples(studio: Studio) -> None:
    tab(studio, "Samples")
    tab(studio, "Trajectories")


def material(text: str) -> Callable[[Studio], None]:
    """Shows one kind of material: where there is little room, its pane is a view first."""

    def show(studio: Studio) -> None:
        tab(studio, "Samples")
        tab(studio, text)

    return show


def inside(studio: Studio) -> None:
    tab(studio, "Trajectories")
    thumbnails = studio.find(kind="CollectionView")
    studio.screen.click(thumbnails.items[0].middle)
    tab(studio, "Look Inside")


def compare(studio: Studio) -> None:
    tab(studio, "Compare Runs")
    if studio.is_there(text="Compare", kind="QPushButton"):
        studio.click(text="Compare", kind="QPushButton")


def train(studio: Studio) -> None:
    tabs = [entry.text for bar in studio.all(kind="QTabBar") for entry in bar.items]
    tab(studio, "Train" if "Train" in tabs else "Samples")


VIEWS = {
    "samples": samples,
    "audio": material("Audio"),
    "text": material("Text"),
    "notes": material("Notes"),
    "inside": inside,
    "compare": compare,
    "train": train,
}


def take(studio: Studio, path: Path) -> None:
    """Once everything has come to rest."""
    time.sleep(2.5)
    picture = Image.fromarray(studio.screen.picture())
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
