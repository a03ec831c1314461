"""What changes in the course of a training: the learning rate, weights of terms of the loss, the input noise."""

from __future__ import annotations

import math

from studio.training.recipe import ObjectiveSettings, TrainingSettings


def learning_rate(step: int, settings: TrainingSettings) -> float:
    """The rate of the update number ``step`` (the first is 0): a linear warm-up, then constant or half a cosine."""
    warm_up = settings.warm_up * settings.steps
    if step < warm_up:
        return settings.learning_rate * (step + 1) / (warm_up + 1)
    if settings.schedule == "constant":
        return settings.learning_rate
    done = min((step - warm_up) / max(settings.steps - warm_up, 1), 1.0)
    share = 0.5 * (1 + math.cos(math.pi * done))  # 1 to 0
    return settings.learning_rate * (settings.final_learning_rate + (1 - settings.final_learning_rate) * share)


def kl_weight(step: int, steps: int, settings: ObjectiveSettings) -> float:
    """From ``kl_start`` to 1, linearly over the share ``kl_annealing`` of the training (Bowman et al. 2016)."""
    annealing = settings.kl_annealing * steps
    if step >= annealing:
        return 1.0
    return settings.kl_start + (1 - settings.kl_start) * step / annealing


WHOLE_START = 0.05  # the weight of the KL of g to begin with


def whole_weight(step: int, steps: int, settings: ObjectiveSettings) -> float:
    """From `WHOLE_START` to 1, linearly over the share ``whole_annealing`` of the training."""
    annealing = settings.whole_annealing * steps
    return 1.0 if step >= annealing else WHOLE_START + (1 - WHOLE_START) * step / annealing


def latent_look_ahead(step: int, steps: int, settings: ObjectiveSettings) -> float:
    """Its weight: constant, then falling linearly to nothing; z serves the bound alone from then on."""
    end = settings.latent_look_ahead_until * steps
    if step >= end:
        return 0.0
    return settings.latent_look_ahead * min(1.0, (end - step) / (end * 5 / 6))


def input_noise(step: int, steps: int, settings: ObjectiveSettings) -> float:
    """Its standard deviation: constant, then fading linearly to nothing over the last share ``input_noise_fade``.

    A model that still expects noise it no longer sees when it runs freely takes its own choices for less certain than
    they are, and returns too often to what is common: the rarer of two branches then becomes rarer still.
    """
    left = 1 - step / steps
    if left >= settings.input_noise_fade:
        return settings.input_noise
    return settings.input_noise * left / settings.input_noise_fade
