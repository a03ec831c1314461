"""What decides the shape of a model. No torch here: the window shows these before torch has loaded."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from studio.settings import Count, NotNegative, Positive, Settings, Widths, about


class BlockSettings(Settings, frozen=True):
    """One feed-forward part of the network."""

    widths: Annotated[Widths, about("units of each layer, first to last; empty: the input goes straight on")] = (48,)
    activation: Annotated[Literal["relu", "tanh", "elu", "silu"], about("what follows each layer")] = "relu"


class LikelihoodSettings(Settings, frozen=True):
    """The output distribution p(x_t | z_<=t, x_<t)."""

    kind: Annotated[
        Literal["gaussian", "mixture", "pen-mixture", "categorical", "bernoulli"],
        about(
            "gaussian: diagonal; mixture: of Gaussians; pen-mixture: a mixture for the offsets, Bernoulli for the pen; "
            "categorical: a probability for each character; bernoulli: one for each key of a piano roll"
        ),
    ] = "pen-mixture"
    components: Annotated[Count, about("Gaussians in a mixture")] = 6
    correlated: Annotated[bool, about("pen offsets with full 2x2 covariance instead of diagonal")] = False
    sigma_floor: Annotated[Positive, about("smallest standard deviation, in frame units")] = 0.02
    sigma_start: Annotated[Positive, about("standard deviation before training, in frame units")] = 0.4
    sigma_cap: Annotated[NotNegative, about("largest standard deviation, in frame units; 0: no limit")] = 0.0
    shared_sigma: Annotated[
        bool, about("one standard deviation per column, learned, for all frames; for gaussian only")
    ] = False

    def __post_init__(self) -> None:
        if 0 < self.sigma_cap <= self.sigma_floor:
            raise ValueError("sigma_cap has to be larger than sigma_floor, or 0")
        if self.shared_sigma and self.kind != "gaussian":
            raise ValueError("shared_sigma is for a likelihood of kind gaussian only")


class ModelSettings(Settings, frozen=True):
    """What the settings of every family of models can tell about it."""

    @property
    def told_of_labels(self) -> bool:
        """Whether the model is to be told of labels, where there are any."""
        return False

    @property
    def has_latent(self) -> bool:
        """Whether there is a latent variable z."""
        return True

    @property
    def shares_sigma(self) -> bool:
        """Whether all frames share their standard deviations, so that squared errors may be minimised instead."""
        return False

    @property
    def has_compiled_loop(self) -> bool:
        """Whether its loop over time is one that can be compiled (see `studio.models.scan`)."""
        return False

    @property
    def loop_work(self) -> int:
        """Multiplications in one step of its loop over time, for one sequence: what decides how many threads pay."""
        return 0


class VRNNSettings(ModelSettings, frozen=True, tag_field="kind", tag="vrnn"):
    """The VRNN (Chung et al. 2015, section 3)."""

    recurrence: Annotated[Literal["gru", "lstm", "elman"], about("what carries the state h from step to step")] = "gru"
    hidden: Annotated[Count, about("units of the state h")] = 96
    latent: Annotated[
        int, Meta(ge=0, le=8192), about("dimensions of the latent variable z; 0: none, a plain recurrent network")
    ] = 2
    standard_prior: Annotated[
        bool, about("the prior of z is N(0, 1) at every step, whatever h is (VRNN-I), instead of a function of h")
    ] = False
    posterior: Annotated[
        Literal["filtering", "smoothing", "window"],
        about(
            "what the encoder sees beside h: x up to now (filtering), also all that follows, summed up by a recurrence "
            "that runs backwards (smoothing), or 16 of the next frames (window)"
        ),
    ] = "filtering"
    future: Annotated[Count, about("units that sum up what follows, for smoothing and window")] = 64
    future_frames: Annotated[
        Count,
        about(
            "how far a window looks ahead, in frames; and in training also a smoothing posterior, beyond the end of "
            "the stretch trained on"
        ),
    ] = 64
    memory: Annotated[
        NotNegative,
        about(
            "longest time span in steps that gates start out remembering, spread between 1 and this; 0: ordinary start"
        ),
    ] = 64.0
    label_embedding: Annotated[
        int,
        Meta(ge=0, le=8192),
        about("numbers that stand for each thing a label names; 0: the model is not told of labels"),
    ] = 0
    embedding: Annotated[Count, about("numbers that stand for each character of a text; phi_x sees them")] = 32
    phi_x: Annotated[BlockSettings, about("features of the input x")] = BlockSettings(widths=(48,))
    phi_z: Annotated[BlockSettings, about("features of the latent variable z")] = BlockSettings(
        widths=(24,), activation="tanh"
    )
    prior: Annotated[BlockSettings, about("from h to the prior of z")] = BlockSettings(widths=(48,), activation="tanh")
    encoder: Annotated[BlockSettings, about("from x and h to the approximate posterior of z")] = BlockSettings(
        widths=(48,)
    )
    decoder: Annotated[BlockSettings, about("from z and h to the output distribution")] = BlockSettings(widths=(64,))
    likelihood: Annotated[LikelihoodSettings, about("the output distribution")] = LikelihoodSettings()

    @property
    def told_of_labels(self) -> bool:
        return self.label_embedding > 0

    @property
    def has_latent(self) -> bool:
        return self.latent > 0

    @property
    def shares_sigma(self) -> bool:
        return self.likelihood.shared_sigma

    @property
    def has_compiled_loop(self) -> bool:
        return self.recurrence == "gru"

    @property
    def loop_work(self) -> int:
        gates = {"gru": 3, "lstm": 4, "elman": 1}[self.recurrence]
        encoder = [*self.encoder.widths, 2 * self.latent] if self.latent else [0]
        phi_z = [self.latent, *self.phi_z.widths] if self.latent else [0]
        work = self.hidden * (gates * self.hidden + encoder[0]) + gates * self.hidden * phi_z[-1]
        return work + sum(n * m for sizes in (encoder, phi_z) for n, m in pairwise(sizes))


class PredictorSettings(ModelSettings, frozen=True, tag_field="kind", tag="predictor"):
    """A deterministic recurrent predictor: an Elman network or a multiple-timescale one (Yamashita and Tani 2008)."""

    network: Annotated[
        Literal["elman", "mtrnn"], about("elman: units without time constants; mtrnn: fast and slow units")
    ] = "mtrnn"
    hidden: Annotated[Count, about("units that see the input; of an mtrnn, its fast ones")] = 96
    slow: Annotated[Count, about("for mtrnn: slow units, which see only other units")] = 32
    fast_tau: Annotated[float, Meta(ge=1), about("for mtrnn: time constant of the fast units, in steps")] = 2.0
    slow_tau: Annotated[float, Meta(ge=1), about("for mtrnn: time constant of the slow units, in steps")] = 30.0
    likelihood: Annotated[LikelihoodSettings, about("the distribution around a prediction")] = LikelihoodSettings(
        kind="gaussian", shared_sigma=True
    )

    @property
    def slow_units(self) -> int:
        """How many slow units there are."""
        return self.slow if self.network == "mtrnn" else 0

    @property
    def has_latent(self) -> bool:
        return False

    @property
    def shares_sigma(self) -> bool:
        return self.likelihood.shared_sigma

    @property
    def loop_work(self) -> int:
        return (self.hidden + self.slow_units) ** 2


AnyModelSettings: TypeAlias = VRNNSettings | PredictorSettings
"""The settings of one of the families; which, says ``kind``."""
