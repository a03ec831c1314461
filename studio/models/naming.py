"""What models are called in the literature, by their settings. No torch here: the window names runs before it loads."""

from __future__ import annotations

from studio.models.settings import ModelSettings, PredictorSettings, VRNNSettings
from studio.settings import tag

_LIKELIHOODS = {"gaussian": "Gauss", "mixture": "GMM", "pen-mixture": "GMM"}


def model_name(settings: ModelSettings) -> str:
    """Such as RNN-GMM, VRNN-Gauss or VRNN-I-GMM, as in Chung et al. 2015, section 4; else its kind."""
    if isinstance(settings, PredictorSettings):
        return {"elman": "Elman RNN", "mtrnn": "MTRNN"}[settings.network]
    if not isinstance(settings, VRNNSettings):
        return _OTHERS.get(_kind(settings), _kind(settings))
    likelihood = _LIKELIHOODS.get(settings.likelihood.kind, settings.likelihood.kind)
    if not settings.latent:
        return f"RNN-{likelihood}"
    independent = "-I" if settings.standard_prior else ""
    seeing = "" if settings.posterior == "filtering" else f", {settings.posterior}"
    return f"VRNN{independent}-{likelihood}{seeing}"


def model_size(settings: ModelSettings) -> str:
    """Its recurrence and the sizes of h and z, as far as it has them: such as "GRU 96, z 2"."""
    recurrence = getattr(settings, "recurrence", "")
    hidden, latent = getattr(settings, "hidden", 0), getattr(settings, "latent", 0)
    parts = [f"{_RECURRENCES.get(recurrence, 'h')} {hidden}"] if hidden else []
    return ", ".join([*parts, f"z {latent}"] if latent else parts)


_RECURRENCES = {"gru": "GRU", "lstm": "LSTM", "elman": "Elman"}
_OTHERS = {"vae": "static VAE", "neural-ode": "neural ODE", "latent-ode": "latent ODE", "ode-rnn": "ODE-RNN"}


def _kind(settings: ModelSettings) -> str:
    named = tag(settings)
    return str(named[1]) if named else type(settings).__name__
