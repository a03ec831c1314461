"""Stretching, turning and input noise."""

import math

import torch

from studio.training.augmentation import (
    Disturbance,
    begin_anew,
    distorted,
    random_distortions,
    with_input_noise,
)
from studio.training.recipe import ObjectiveSettings

T, B, STEP = 7, 3, 0.25


def frames() -> torch.Tensor:
    x = torch.randn(T, B, 4, generator=torch.Generator().manual_seed(0))
    x[..., 2:] = (x[..., 2:] > 0).float()
    return x


def test_noise_is_on_what_is_seen_and_not_on_where_to_go() -> None:
    x, before = frames(), torch.randn(B, 2)
    noise = torch.randn(T, B, 2)
    seen, target = with_input_noise(x, before, noise, STEP)
    positions = x[..., :2].cumsum(0) * STEP
    seen_positions = before + seen[..., :2].cumsum(0) * STEP
    torch.testing.assert_close(seen_positions, positions + noise)
    # From where the model believes the pen was, the target leads to the true position.
    believed = torch.cat([before[None], seen_positions[:-1]])
    torch.testing.assert_close(believed + target[..., :2] * STEP, positions)
    assert torch.equal(seen[..., 2:], x[..., 2:])
    assert torch.equal(target[..., 2:], x[..., 2:])


def test_noise_in_two_windows_is_noise_in_one() -> None:
    x, noise, before = frames(), torch.randn(T, B, 2), torch.zeros(B, 2)
    whole = with_input_noise(x, before, noise, STEP)
    first = with_input_noise(x[:3], before, noise[:3], STEP)
    second = with_input_noise(x[3:], noise[2], noise[3:], STEP)
    for found, expected in zip(zip(first, second, strict=True), whole, strict=True):
        torch.testing.assert_close(torch.cat(found), expected)


def test_no_distortion_where_none_is_asked_for() -> None:
    nothing = ObjectiveSettings(random_stretch=0.0, random_rotation=0.0)
    matrices = random_distortions(5, nothing, torch.Generator().manual_seed(0))
    torch.testing.assert_close(matrices, torch.eye(2).expand(5, 2, 2))
    torch.testing.assert_close(distorted(frames(), matrices[:B]), frames())


def test_rotation_keeps_lengths_and_stays_within_its_limit() -> None:
    settings = ObjectiveSettings(random_stretch=0.0, random_rotation=30.0)
    matrices = random_distortions(500, settings, torch.Generator().manual_seed(0))
    torch.testing.assert_close(matrices @ matrices.mT, torch.eye(2).expand(500, 2, 2), atol=1e-5, rtol=0)
    angles = torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0])
    assert math.radians(25) < angles.max() <= math.radians(30)
    assert -math.radians(25) > angles.min() >= -math.radians(30)


def test_stretch_changes_width_and_height_each_by_its_own_factor() -> None:
    settings = ObjectiveSettings(random_stretch=0.2, random_rotation=0.0)
    matrices = random_distortions(500, settings, torch.Generator().manual_seed(0))
    factors = matrices.diagonal(dim1=1, dim2=2)
    assert (matrices[:, 0, 1] == 0).all()
    assert factors.min() >= 0.8
    assert factors.max() <= 1.2
    assert (factors[:, 0] - factors[:, 1]).abs().max() > 0.2


def test_only_drawings_that_begin_are_distorted_anew() -> None:
    old = Disturbance(torch.randn(B, 2, 2), torch.randn(B, 2))
    fresh, distortion = torch.tensor([True, False, True]), torch.randn(B, 2, 2)
    new = begin_anew(old, fresh, distortion)
    assert torch.equal(new.distortion[1], old.distortion[1])
    assert torch.equal(new.noise[1], old.noise[1])
    assert torch.equal(new.distortion[fresh], distortion[fresh])
    assert (new.noise[fresh] == 0).all()


def test_a_drawing_is_distorted_as_a_whole() -> None:
    x = frames()
    matrices = random_distortions(
        B, ObjectiveSettings(random_stretch=0.3, random_rotation=40.0), torch.Generator().manual_seed(0)
    )
    found = distorted(x, matrices)
    for b in range(B):
        torch.testing.assert_close(found[:, b, :2].cumsum(0), x[:, b, :2].cumsum(0) @ matrices[b].T)
    assert torch.equal(found[..., 2:], x[..., 2:])
