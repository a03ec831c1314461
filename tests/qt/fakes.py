"""Material and pens made up for tests."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.generation.backdrop import Backdrop, Field
from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.training.recipe import GenerationPreset
from studio.workbench import GenerationSettings, LivePens, LivePoint, Weights


def circle(size: float = 1.0, label: str = "", points: int = 24) -> Drawing:
    """A circle, drawn in one stroke."""
    angles = np.linspace(0, 2 * np.pi, points)
    return Drawing.from_points(size * np.column_stack([np.cos(angles), np.sin(angles)]), label=label, y_up=True)


def tone(frequency: float, seconds: float, rate: int = 16000, volume: float = 0.5, label: str = "") -> Recording:
    """A sine."""
    times = np.arange(max(1, round(seconds * rate))) / rate
    return Recording((volume * np.sin(2 * np.pi * frequency * times)).astype(np.float32), rate, label)


class FakePens:
    """Pens that follow a prepared course: ``[n, B, 4]``."""

    def __init__(self, course: NDArray[np.float64], begin_frames: int = 0) -> None:
        self.course = course
        self.count = course.shape[1]
        self.length = len(course)
        self.begin_frames = begin_frames
        self.ready = True
        self.error = ""
        self.remark = ""
        self.details = ""
        self.box = (np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
        self.y_up = True
        self.of_series = False
        self.backdrop: Backdrop | None = None
        self.in_a_row = False
        self.refreshing = False
        self.position = 0
        self.variance = (1.0, 1.0)
        self.seeds: list[int | None] = []
        self.closed = False

    @property
    def finished(self) -> bool:
        return self.position == len(self.course)

    def restart(self, seed: int | None = None) -> None:
        self.position = 0
        self.seeds.append(seed)

    @property
    def has_field(self) -> bool:
        return isinstance(self.backdrop, Field)

    def refresh(self) -> None:
        self.refreshing = True

    def drawings(self) -> list[Drawing]:
        seen = self.course[: self.position]
        return [Drawing.from_points(seen[:, pen, :2], seen[:, pen, 2], y_up=True) for pen in range(self.count)]

    def materials(self) -> list[Drawing]:
        return self.drawings()

    def close(self) -> None:
        self.closed = True

    def read(self, frames: int) -> NDArray[np.float64]:
        found = self.course[self.position : self.position + frames] if self.ready else self.course[:0]
        self.position += len(found)
        return found


LivePens.register(FakePens)


def rings(pens: int, frames: int = 60, size: float = 0.8) -> NDArray[np.float64]:
    """Every pen draws a circle."""
    angles = np.linspace(0, 2 * np.pi, frames)
    points = np.column_stack([size * np.cos(angles), size * np.sin(angles), np.zeros(frames), np.zeros(frames)])
    points[-1, 2] = 1
    return np.repeat(points[:, None], pens, axis=1)


class Model:
    """In the place of a trained one."""

    def __init__(self) -> None:
        self.asked: list[GenerationSettings] = []
        self.pens: list[FakePens] = []
        self.trained = True
        self.labels: tuple[str, ...] = ()
        self.preset = GenerationPreset()
        self.latent = True
        self.no_beginning = ""
        self.no_way = "Every frame has a latent variable of its own."

    def kind_of(self, run: int | None = None) -> str:
        return "pen"

    def labels_of(self, run: int | None = None) -> tuple[str, ...]:
        return self.labels

    def preset_of(self, run: int | None = None) -> GenerationPreset:
        return self.preset

    def why_latent_does_nothing(self, run: int | None = None, weights: Weights = None, part: str = "latent") -> str:
        return "" if self.latent else "This model has no latent variable."

    def why_not_generate(self, run: int | None = None) -> str:
        return "" if self.trained else "nothing was trained yet."

    def why_not_begin(self, run: int | None = None) -> str:
        return self.no_beginning

    def why_not_between(self, run: int | None = None) -> str:
        return self.no_way

    def live(self, settings: GenerationSettings) -> FakePens:
        self.asked.append(settings)
        self.pens.append(FakePens(rings(settings.count, frames=30)))
        return self.pens[-1]


def slow_down(live: LivePoint, seconds: float) -> None:
    """Have it take so long for every point."""
    make = live._make

    def slowly(*arguments: Any) -> Any:
        time.sleep(seconds)
        return make(*arguments)

    live._make = slowly  # type: ignore[method-assign]
