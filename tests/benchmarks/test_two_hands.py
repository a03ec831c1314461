"""Two hands on one canvas while a model of size S trains: how soon the pen is the person's, how soon the model goes
on, what hairs at the tip of the pen cost, and whether the window keeps moving meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from contest import Book
from in_window import PATIENCE, put_away, training, window_with_drawings
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from test_window import QUIET, TICK, ticks

from studio.files.readers import read_materials
from studio.generation.follower import Follower
from studio.generation.futures import HAIRS
from studio.generation.stepper import compiled
from studio.generation.variance import Variance
from studio.models import compiling
from studio.models.building import build_model
from studio.sequences.material import Drawing
from studio.sequences.pen import PenRepresentation
from studio.training.recipe import Recipe
from studio.ui.generation_canvas import FRAMES_PER_SECOND
from studio.ui.hairs import SECONDS
from studio.ui.main_window import MainWindow
from studio.ui.widgets import timer

TOP = Path(__file__).parents[2]
PRESSES, SHOWN = 30, 20  # how often, and after how many frames of the model
TAKEN, WORK = 50, 4  # milliseconds until the pen is taken, and of processor time for hairs


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """It draws with a short run of the default recipe, one pen."""
    found = window_with_drawings(qtbot, tmp_path)
    bench = found.workbench
    run = bench.train(bench.recipe("pens").changed({"training.steps": 60}))
    qtbot.waitUntil(lambda: bench.training.phase == "idle", timeout=PATIENCE)
    found.generation.counts.button(1).click()
    found.generation.use_run(run)
    found.commands["loop"].setChecked(True)
    yield found
    put_away(found)


def default_model() -> tuple[Follower, Drawing]:
    """Of the default size, and a drawing that a person makes."""
    recipe = Recipe.from_toml((TOP / "resources/recipes/pens.toml").read_text())
    drawings = [item.material for item in read_materials([TOP / "sample_data/faces.json"]).materials]
    assert all(isinstance(drawing, Drawing) for drawing in drawings)
    representation = PenRepresentation(recipe.representation)  # type: ignore[arg-type]
    representation.fit(drawings)  # type: ignore[arg-type]
    model = build_model(recipe.model, representation.layout).eval()
    return Follower(model, representation, HAIRS, variance=Variance(1.0, 0.3), seed=0), drawings[0]  # type: ignore[return-value]


def test_processor_time_of_hairs(book: Book) -> None:
    assert compiled.settled()
    assert compiling.loop.settled()
    frames = round(SECONDS * FRAMES_PER_SECOND)
    work = []
    for _ in range(3):
        follower, drawing = default_model()
        for count in range(1, len(drawing)):
            part = Drawing.from_points(drawing.points[:count], drawing.pen_up[:count], y_up=drawing.y_up)
            began = time.thread_time()
            follower.futures(part, frames)
            work.append(1000 * (time.thread_time() - began))
    what = f"{HAIRS} futures of {frames} frames, at each point of a face"
    figures = {"mean, ms": np.mean(work), "median, ms": np.median(work), "99 of 100, ms": np.percentile(work, 99)}
    book.note("Hairs: processor time", what=what, **{name: f"{value:.2f}" for name, value in figures.items()})
    assert np.mean(work) < WORK


def send(canvas: QWidget, kind: QEvent.Type, x: float, y: float) -> None:
    """Put an event of the mouse into the queue, as the system does."""
    place, button = QPointF(x, y), Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    event = QMouseEvent(kind, place, place, button, held, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.postEvent(canvas, event)


class Hand(QObject):
    """Presses, moves and lets go from a thread of its own, as the system does, and notes when that has an effect."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.canvas = window.stage.canvas
        self._random = np.random.default_rng(0)
        self._pressed = self._released = 0.0
        self.taken: list[float] = []
        self.seen: list[float] = []
        self.gone_on: list[float] = []
        self.canvas.installEventFilter(self)
        self.canvas.held.connect(self._note_taken)
        self.canvas.advanced.connect(self._see_frames)

    def draw(self) -> None:
        """One stroke."""
        time.sleep(self._random.uniform(0, 0.1))
        x, y = self._random.uniform(0.3, 0.7, 2) * (self.canvas.width(), self.canvas.height())
        self._pressed = time.perf_counter()
        send(self.canvas, QEvent.Type.MouseButtonPress, x, y)
        for step in range(1, 20):
            time.sleep(1 / 60)
            send(self.canvas, QEvent.Type.MouseMove, x + 3 * step, y + step)
        self._released = time.perf_counter()
        send(self.canvas, QEvent.Type.MouseButtonRelease, x + 60, y + 20)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._pressed and self.canvas.taken:
            self.seen.append(1000 * (time.perf_counter() - self._pressed))
            self._pressed = 0.0
        return False

    def _note_taken(self, on: bool) -> None:
        if on:
            self.taken.append(1000 * (time.perf_counter() - self._pressed))

    def _see_frames(self, frames: int) -> None:
        live = self.canvas._live
        if self._released and live is not None and frames > live.begin_frames > 0 and not self.canvas.taken:
            self.gone_on.append(1000 * (time.perf_counter() - self._released))
            self._released = 0.0


def test_the_pen_from_hand_to_hand(qtbot: QtBot, book: Book, window: MainWindow) -> None:
    hand = Hand(window)
    with training(qtbot, window):
        for press in range(1, PRESSES + 1):
            window.commands["begin-nothing"].trigger()
            window.generation.renew()
            qtbot.waitUntil(lambda: hand.canvas.frames_shown > SHOWN, timeout=PATIENCE)
            thread = threading.Thread(target=hand.draw)
            thread.start()
            qtbot.waitUntil(lambda press=press: len(hand.gone_on) == press, timeout=PATIENCE)  # type: ignore[misc]
            thread.join()
    for what, times in (
        ("from the press until the pen is the person's", hand.taken),
        ("from the press until that is seen", hand.seen),
        ("from letting go until the model goes on", hand.gone_on),
    ):
        figures = {"median, ms": np.median(times), "99 of 100, ms": np.percentile(times, 99), "longest, ms": max(times)}
        shown = {name: f"{value:.1f}" for name, value in figures.items()}
        book.note("The pen goes from hand to hand while S trains", what=what, times=str(len(times)), **shown)
    assert len(hand.taken) == PRESSES
    assert np.median(hand.taken) < TAKEN


def test_ticks_while_the_person_draws(qtbot: QtBot, book: Book, window: MainWindow) -> None:
    canvas = window.trajectories.canvas
    qtbot.waitUntil(lambda: window.stage.canvas.frames_shown > 0, timeout=PATIENCE)
    turn = iter(np.linspace(0, 200 * np.pi, 20_000))
    shown = []

    def move() -> None:
        angle, (x, y) = next(turn), (canvas.width() / 2, canvas.height() / 2)
        send(canvas, QEvent.Type.MouseMove, x + 50 * np.cos(angle), y + 40 * np.sin(1.3 * angle))
        shown.append(canvas.hairs.shown)

    moves = timer(window, 16, move)
    with training(qtbot, window):
        drawing = ticks(qtbot)
        send(canvas, QEvent.Type.MouseButtonPress, canvas.width() / 2, canvas.height() / 2)
        moves.start()
        busy = ticks(qtbot)
        moves.stop()
        send(canvas, QEvent.Type.MouseButtonRelease, canvas.width() / 2, canvas.height() / 2)
        canvas.wait()
    for what, found in (("S trains, the model draws", drawing), ("and hairs follow the person's pen", busy)):
        figures = {"median, ms": found.median, "99 of 100, ms": found.high, "longest, ms": found.worst}
        shown_as = {name: f"{value:.1f}" for name, value in figures.items()}
        book.note(f"A timer of {TICK} ms while two hands draw", what=what, **shown_as)
    assert np.mean(np.array(shown) > 0) > 0.5
    assert busy.median < QUIET * max(drawing.median, TICK)
