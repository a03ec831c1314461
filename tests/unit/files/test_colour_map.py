"""Numbers as colours: even steps, lightness that runs one way, nothing that a screen cannot show."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.files.colour_map import _TO_CONES, _TO_LINEAR, SHADES, colour_map, coloured, to_srgb


def oklab(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The way back from sRGB, as Ottosson gives it."""
    shares = colours / 255
    linear = np.where(shares > 0.04045, ((shares + 0.055) / 1.055) ** 2.4, shares / 12.92)
    cones = linear @ np.linalg.inv(_TO_LINEAR).T
    return np.cbrt(cones) @ np.linalg.inv(_TO_CONES).T


@pytest.mark.parametrize("dark", [True, False])
def test_lightness_runs_one_way_and_steps_are_even(dark: bool) -> None:
    lab = oklab(colour_map(dark=dark))
    assert lab.shape == (SHADES, 3)
    coarse = lab[:: SHADES // 16]  # eight bits per channel make single steps uneven
    assert (np.diff(coarse[:, 0]) * (1 if dark else -1) > 0).all()
    steps = np.linalg.norm(np.diff(coarse, axis=0), axis=1)
    assert steps.max() / steps.min() < 1.25
    assert abs(lab[-1, 0] - lab[0, 0]) > 0.4


@pytest.mark.parametrize("dark", [True, False])
def test_eyes_without_red_and_green_see_the_order(dark: bool) -> None:
    """What a deuteranope sees of it (Viénot, Brettel and Mollon 1999), still gets lighter, or darker, all the way."""
    shares = colour_map(dark=dark)[:: SHADES // 16] / 255
    linear = np.where(shares > 0.04045, ((shares + 0.055) / 1.055) ** 2.4, shares / 12.92)
    seen = linear @ np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]).T
    luminance = np.clip(seen, 0, 1) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) * (1 if dark else -1) > 0).all()


def test_ends_and_what_lies_beyond() -> None:
    ends = colour_map(dark=True)[[0, -1]]
    assert np.array_equal(coloured([-1.0, 7.0], dark=True), ends)
    assert np.array_equal(coloured(np.array([[0.0, 1.0]]), dark=True), ends[None])
    assert np.array_equal(coloured([np.nan], dark=True), ends[:1])


def test_white_is_white() -> None:
    assert to_srgb(np.array([1.0, 0.0, 0.0])) == pytest.approx([1, 1, 1], abs=1e-3)
    assert oklab(np.array([[255, 255, 255]], np.uint8))[0] == pytest.approx([1, 0, 0], abs=1e-3)
