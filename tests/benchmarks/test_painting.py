"""How long one picture takes while a model of size S trains: sixty in a second leave 16 ms for each.

Timed is what the window does for a new picture, what has changed included; on the processor's clock, and on the wall's,
which others on the machine and the training lengthen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from contest import Book
from in_window import PATIENCE, put_away, training, window_with_drawings
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.sequences.recording import Recording
from studio.ui.audio.sound_view import SoundView
from studio.ui.audio.span import Span
from studio.ui.generation_canvas import GenerationCanvas
from studio.ui.main_window import MainWindow
from studio.ui.plots import PLOTS, CurvePlot

PICTURE = 1000 / 60  # milliseconds
PICTURES = 200
PENS, POINTS, VALUES = 16, 5000, 100_000
RATE, MINUTES = 44_100, 10


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    found = window_with_drawings(qtbot, tmp_path)
    yield found
    put_away(found)


def painted(book: Book, qtbot: QtBot, what: str, widget: QWidget, change: Callable[[int], None]) -> None:
    """Time pictures of a widget, each after another change."""
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    wall, work = [], []
    for number in range(PICTURES):
        qtbot.wait(5)  # the window lives on
        began = time.perf_counter(), time.thread_time()
        change(number)
        widget.render(image)
        wall.append(1000 * (time.perf_counter() - began[0]))
        work.append(1000 * (time.thread_time() - began[1]))
    figures = {
        "median, ms": np.median(work),
        "99 of 100, ms": np.percentile(work, 99),
        "median by the wall clock, ms": np.median(wall),
        "99 of 100 by the wall clock, ms": np.percentile(wall, 99),
    }
    book.note("One picture while S trains", what=what, **{name: f"{value:.1f}" for name, value in figures.items()})
    assert np.percentile(work, 99) < PICTURE


class Wandering:
    """Stands for `LivePens`: pens that wander for `POINTS` frames and some more."""

    def __init__(self) -> None:
        steps = np.random.default_rng(1).normal(size=(POINTS + PICTURES, PENS, 2)) / 20
        places = np.sin(np.cumsum(steps, 0))
        self._course = np.concatenate([places, np.zeros_like(places)], 2)
        self._position = 0
        self.count, self.begin_frames, self.ready, self.finished, self.error, self.y_up = PENS, 0, True, False, "", True
        self.box = (np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
        self.in_a_row = self.has_field = self.refreshing = self.of_series = False
        self.backdrop = None

    def read(self, frames: int) -> NDArray[np.float64]:
        found = self._course[self._position : self._position + frames]
        self._position += len(found)
        return found


def test_pens(qtbot: QtBot, book: Book, window: MainWindow) -> None:
    canvas = GenerationCanvas()
    shown(qtbot, canvas)
    canvas.start(Wandering())  # type: ignore[arg-type]
    canvas._playing = True  # but time is told by this test
    canvas._timer.stop()
    while canvas.frames_shown < POINTS:
        canvas.speed = 50.0
        canvas._advance(0.1)
    canvas.speed = 1.0
    with training(qtbot, window):
        painted(book, qtbot, f"{PENS} pens of {POINTS:,} points", canvas, lambda number: canvas._advance(1 / 60))
    assert canvas.frames_shown > POINTS + 0.9 * PICTURES


def test_waveform(qtbot: QtBot, book: Book, window: MainWindow) -> None:
    view = SoundView()
    shown(qtbot, view)
    samples = np.random.default_rng(0).normal(size=60 * MINUTES * RATE).astype(np.float32) / 10
    view.show_recording(Recording(samples, RATE))
    qtbot.waitUntil(lambda: view.ready, timeout=PATIENCE)
    total = view.span.total
    with training(qtbot, window):
        for seconds in (total / 2, 10.0):
            start = total / 4
            move = lambda number, start=start, seconds=seconds: view.show_span(  # noqa: E731
                Span(start + number * seconds / 1000, start + number * seconds / 1000 + seconds, total)
            )
            painted(book, qtbot, f"{seconds:.0f} seconds of a waveform of {MINUTES} minutes, moving", view, move)
    view.close_down()


def test_curves(qtbot: QtBot, book: Book, window: MainWindow) -> None:
    plot = CurvePlot(*PLOTS[0])
    shown(qtbot, plot)
    steps, values = np.arange(VALUES + PICTURES), 3 + np.random.default_rng(0).normal(size=VALUES + PICTURES)
    plot.set_smoothing(16)
    with training(qtbot, window):
        grow = lambda number: plot.show_series({"loss": (steps[: VALUES + number], values[: VALUES + number])})  # noqa: E731
        painted(book, qtbot, f"a plot of {VALUES:,} values, growing", plot, grow)


def shown(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(800, 600)
    widget.show()
    qtbot.waitExposed(widget)
