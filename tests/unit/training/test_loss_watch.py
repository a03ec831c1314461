"""Explosions are noticed, and noise is not taken for one."""

import json
import math

import numpy as np
import pytest

from studio.training.loss_watch import IN_A_ROW, LossWatch


def first_explosion(losses: np.ndarray | list[float]) -> int | None:
    watch = LossWatch()
    return next((step for step, loss in enumerate(losses) if watch.explodes(float(loss))), None)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_no_number_is_an_explosion_at_once(loss: float) -> None:
    assert first_explosion([1.0, loss]) == 1


@pytest.mark.parametrize("noise", [0.0, 0.3, 40.0])
def test_a_loss_that_leaps_up_and_stays_there(noise: float) -> None:
    random = np.random.default_rng(1)
    losses = 3 - 0.01 * np.arange(200) + noise * random.standard_normal(200)
    losses[120:] += 1000
    assert first_explosion(losses) == 120 + IN_A_ROW - 1


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_none(seed: int) -> None:
    random = np.random.default_rng(seed)
    steps = np.arange(5000)
    falling = 8 * np.exp(-steps / 400) + 0.5 * random.standard_normal(5000)
    heavy = random.standard_t(2, 5000)  # now and then a batch of rare material
    annealed = np.minimum(steps / 1000, 1) * 20 + 0.1 * random.standard_normal(5000)
    for losses in (falling, heavy, annealed, -600 + 30 * heavy, np.full(5000, 2.0)):
        assert first_explosion(losses) is None


def test_a_few_unusual_batches_are_let_pass() -> None:
    losses = [1.0] * 50 + [1e6] * (IN_A_ROW - 1) + [1.0] * 50
    assert first_explosion(losses) is None


def test_other_material_may_cost_more() -> None:
    watch = LossWatch()
    for _ in range(100):
        watch.explodes(1.0)
    watch.forget()
    assert not any(watch.explodes(500.0) for _ in range(100))


def test_its_state_is_json_and_goes_on() -> None:
    one, other = LossWatch(), LossWatch()
    for loss in [*np.random.default_rng(0).random(70), 99.0, 99.0]:
        one.explodes(float(loss))
    other.load_state_dict(json.loads(json.dumps(one.state_dict())))
    assert not other.is_calm
    told = [[watch.explodes(99.0) for _ in range(IN_A_ROW)] for watch in (one, other)]
    assert told[0] == told[1]
    assert told[0].index(True) == IN_A_ROW - 3
