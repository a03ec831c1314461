"""Learning rate, weight of the KL term and input noise in the course of a training."""

import pytest

from studio.training.recipe import ObjectiveSettings, TrainingSettings
from studio.training.schedules import input_noise, kl_weight, latent_look_ahead, learning_rate


def test_warm_up_then_cosine() -> None:
    settings = TrainingSettings(steps=1000, learning_rate=0.01, warm_up=0.1, final_learning_rate=0.05)
    rates = [learning_rate(step, settings) for step in range(1000)]
    assert 0 < rates[0] < 0.001
    assert rates[49] == pytest.approx(0.005, rel=0.02)
    assert max(rates) == rates[100] == pytest.approx(0.01)
    assert rates[550] == pytest.approx(0.01 * (0.05 + 0.95 / 2), rel=0.01)
    assert rates[-1] == pytest.approx(0.0005, rel=0.01)
    assert rates[:101] == sorted(rates[:101])
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_constant() -> None:
    settings = TrainingSettings(steps=10, learning_rate=0.01, warm_up=0.0, schedule="constant")
    assert [learning_rate(step, settings) for step in range(10)] == [0.01] * 10


def test_learning_rate_beyond_the_last_step_stays() -> None:
    settings = TrainingSettings(steps=10, learning_rate=1.0, final_learning_rate=0.1)
    assert learning_rate(50, settings) == pytest.approx(0.1)


def test_kl_annealing() -> None:
    settings = ObjectiveSettings(kl_start=0.2, kl_annealing=0.5)
    assert [kl_weight(step, 8, settings) for step in range(8)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1])
    assert kl_weight(0, 8, ObjectiveSettings(kl_start=0.2, kl_annealing=0.0)) == 1


def test_input_noise_fades() -> None:
    settings = ObjectiveSettings(input_noise=0.4, input_noise_fade=0.5)
    assert [input_noise(step, 8, settings) for step in range(8)] == pytest.approx([0.4] * 5 + [0.3, 0.2, 0.1])
    assert input_noise(7, 8, ObjectiveSettings(input_noise=0.4, input_noise_fade=0.0)) == 0.4


def test_latent_look_ahead_falls_to_nothing() -> None:
    settings = ObjectiveSettings(latent_look_ahead=0.1, latent_look_ahead_until=0.6)
    weights = [latent_look_ahead(step, 100, settings) for step in range(100)]
    assert weights[:11] == pytest.approx([0.1] * 11)
    assert weights[35] == pytest.approx(0.05)
    assert weights == sorted(weights, reverse=True)
    assert set(weights[60:]) == {0.0}
    assert latent_look_ahead(0, 100, ObjectiveSettings(latent_look_ahead=0.1, latent_look_ahead_until=0.0)) == 0
