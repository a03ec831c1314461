"""Makes the film of the README, two hands on one canvas: ``film.py FILE.gif``.

A model is trained on the sample faces first. Then the real program is shown, with real mouse events: three strokes are
drawn, the model finishes them in nine ways, one of these is pointed at, and at last the pen is taken over.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pictures import close_banner
from PIL import Image
from shapes import Points
from studio_window import Studio
from virtual_screen import VirtualScreen

from studio.workbench import Workbench

SIZE = (1024, 700)
LOADING_SECONDS = 15  # until the model is loaded, and has drawn something
A_SECOND = 8  # pictures
WIDTH = 640  # pixels of the film
COLOURS = 128
INK = (0x22, 0x30, 0x4A)  # of the light theme


class Camera:
    """Takes pictures of a screen, one after another, until it is told to stop."""

    def __init__(self, screen: VirtualScreen) -> None:
        self.pictures: list[NDArray[np.uint8]] = []
        self._screen = screen
        self._stop = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(1 / A_SECOND):
            self.pictures.append(self._screen.picture())

    def film(self) -> list[tuple[Image.Image, int]]:
        """The pictures, smaller, with the milliseconds that each is shown; those that are alike are one."""
        found: list[tuple[Image.Image, int]] = []
        before: NDArray[np.uint8] | None = None
        for picture in self.pictures:
            if before is not None and np.array_equal(before, picture):
                found[-1] = found[-1][0], found[-1][1] + 1000 // A_SECOND
                continue
            high = round(WIDTH * picture.shape[0] / picture.shape[1])
            small = Image.fromarray(picture).resize((WIDTH, high), Image.Resampling.LANCZOS)
            found.append((small, 1000 // A_SECOND))
            before = picture
        return found


def write(film: list[tuple[Image.Image, int]], path: Path) -> None:
    """As an animated GIF, all of it in the same colours."""
    palette = film[len(film) // 2][0].quantize(COLOURS, dither=Image.Dither.NONE)
    pages = [page.quantize(palette=palette, dither=Image.Dither.NONE) for page, _ in film]
    times = [time for _, time in film]
    times[-1] += 1500
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=times, loop=0, optimize=True)


def trained(folder: Path) -> Path:
    """A project with the sample faces, and a run that has learned them."""
    path = folder / "faces.vrnn"
    bench = Workbench(folder / "workbench", remember=False)
    bench.open_sample("faces", path)
    bench.train("pens", seed=1)
    while bench.training.phase != "idle":
        time.sleep(0.05)
        bench.poll()
    bench.close()
    return path


def head(radius: float, points: int = 60) -> Points:
    """A circle, not quite closed, from the top to the left and around."""
    turn = 2 * np.pi * np.linspace(0, 0.98, points)
    return -radius * np.column_stack([np.sin(turn), np.cos(turn)])


def line(first: tuple[float, float], last: tuple[float, float], points: int = 15) -> Points:
    """A straight one."""
    return np.linspace(first, last, points)


def draw(studio: Studio, kind: str, *strokes: Points) -> None:
    """Draw on a canvas, places counted from its middle."""
    middle = np.array(studio.find(kind=kind).middle)
    for stroke in strokes:
        studio.screen.drag(stroke + middle, seconds=0.7)
        time.sleep(0.2)


def face_on(studio: Studio) -> tuple[NDArray[np.float64], float]:
    """Where the drawing that is gone on from lies on the large part of the sheet: its middle, and half its height."""
    left, top, wide, high = studio.find(kind="SharedCanvas").box
    wide, high = (round(0.6 * wide), high) if wide >= high else (wide, round(0.6 * high))
    part = studio.screen.picture()[top + 8 : top + high, left + 8 : left + wide].astype(int)
    rows, columns = np.nonzero(np.abs(part - INK).sum(2) < 40)
    low, highest = np.array([columns.min(), rows.min()]), np.array([columns.max(), rows.max()])
    return (low + highest) / 2 + (left + 8, top + 8), float(highest[1] - low[1]) / 2


def play(studio: Studio) -> None:
    """What happens in the film."""
    draw(studio, "DrawingCanvas", head(62), line((-20, -24), (-20, -4)), line((22, -25), (22, -6)))
    studio.click(text="Finish It", kind="QPushButton")
    time.sleep(3)
    middle, reach = face_on(studio)
    studio.screen.point(middle + np.array([0, 0.62 * reach]))
    time.sleep(1.5)
    share = np.linspace(0, 1, 40)
    mouth = np.column_stack([0.55 * share - 0.5, 0.35 + 0.25 * np.sin(1.6 * share)])
    studio.screen.drag(middle + reach * mouth, seconds=2)
    time.sleep(4)


def main() -> None:
    path = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        project = trained(Path(home))
        with VirtualScreen(SIZE) as screen, Studio(screen, Path(home), str(project)) as studio:
            studio.wait_for_drawings(12)
            studio.screen.press("shift+F11")  # as large as the screen
            time.sleep(LOADING_SECONDS)
            close_banner(studio)
            studio.choose("Draw", "A Drawing Is Added", "with Enter only")
            camera = Camera(screen)
            with camera.running():
                play(studio)
            write(camera.film(), path)


if __name__ == "__main__":
    main()
