"""Drawings to put into projects."""

import numpy as np

from studio.sequences.material import Drawing


def line(seed: int = 0, label: str = "line", *, points: int = 5) -> Drawing:
    """Some drawing, another one for every seed."""
    return Drawing.from_points(np.random.default_rng(seed).normal(size=(points, 2)), label=label, y_up=True)
