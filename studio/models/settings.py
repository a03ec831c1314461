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
        Literal["gaussian", "mixture", "pen-mixture", "line", "categorical", "bernoulli"],
        about(
            "gaussian: diagonal; mixture: of Gaussians; pen-mixture: a mixture for the offsets, Bernoulli for the pen; "
            "line: a Gaussian along and across the way of the pen, whose lifts are always drawn as trained; "
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
    stray: Annotated[
        float,
        Meta(ge=0, le=0.5),
        about("for line only: share of offsets that may lead anywhere, so that one odd frame costs a bounded amount"),
    ] = 0.0

    def __post_init__(self) -> None:
        if 0 < self.sigma_cap <= self.sigma_floor:
            raise ValueError("sigma_cap has to be larger than sigma_floor, or 0")
        if self.shared_sigma and self.kind != "gaussian":
            raise ValueError("shared_sigma is for a likelihood of kind gaussian only")
        if self.stray > 0 and self.kind != "line":
            raise ValueError("stray is for a likelihood of kind line only")


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

    @property
    def one_latent(self) -> bool:
        """Whether one latent variable makes a whole sequence, so that there is a way from one sequence to another."""
        return False

    @property
    def draws_whole(self) -> bool:
        """Whether a latent variable g is drawn for a whole piece, beside z of each frame."""
        return False

    @property
    def goes_on(self) -> bool:
        """Whether it can go on from a given beginning."""
        return True

    @property
    def has_field(self) -> bool:
        """Whether it moves points of the plane along a vector field that can be shown."""
        return False

    @property
    def extrapolates(self) -> bool:
        """Whether it tells of any time, also before and after those at which points were observed."""
        return False


class VRNNSettings(ModelSettings, frozen=True, tag_field="kind", tag="vrnn"):
    """The VRNN (Chung et al. 2015, section 3)."""

    recurrence: Annotated[Literal["gru", "lstm", "elman"], about("what carries the state h from step to step")] = "gru"
    hidden: Annotated[Count, about("units of the state h")] = 96
    latent: Annotated[
        int, Meta(ge=0, le=8192), about("dimensions of the latent variable z; 0: none, a plain recurrent network")
    ] = 2
    whole: Annotated[
        int,
        Meta(ge=0, le=1024),
        about(
            "dimensions of g, a latent variable drawn once for a whole piece, before its first frame; 0: none; "
            "needs training.batches whole or varied"
        ),
    ] = 0
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
        return self.label_embedding > 0 or self.whole > 0  # a label may be that of a part of the prior of g

    @property
    def has_latent(self) -> bool:
        return self.latent > 0 or self.whole > 0

    @property
    def one_latent(self) -> bool:
        return self.whole > 0

    @property
    def draws_whole(self) -> bool:
        return self.whole > 0

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


class VAESettings(ModelSettings, frozen=True, tag_field="kind", tag="vae"):
    """The static VAE (Kingma and Welling 2014): one latent variable for a whole piece."""

    length: Annotated[Count, about("frames of a piece; what is longer is several pieces, each for itself")] = 64
    latent: Annotated[Count, about("dimensions of the latent variable z")] = 8
    encoder: Annotated[BlockSettings, about("from the frames of a piece to the approximate posterior of z")] = (
        BlockSettings(widths=(256, 128))
    )
    decoder: Annotated[BlockSettings, about("from z to the features of all frames")] = BlockSettings(widths=(128, 256))
    features: Annotated[Count, about("numbers that tell the output distribution about one frame")] = 16
    likelihood: Annotated[LikelihoodSettings, about("the output distribution of a frame")] = LikelihoodSettings(
        kind="gaussian"
    )

    @property
    def one_latent(self) -> bool:
        return True

    @property
    def goes_on(self) -> bool:
        return False


class SolverSettings(Settings, frozen=True):
    """How a differential equation is solved."""

    method: Annotated[
        Literal["dopri5", "rk4", "midpoint", "euler"],
        about("dopri5 chooses its steps by the error it makes; the others take steps of equal size"),
    ] = "dopri5"
    relative_error: Annotated[Positive, about("for dopri5: tolerated, as a share of the state")] = 1e-3
    absolute_error: Annotated[Positive, about("for dopri5: tolerated besides")] = 1e-4
    step: Annotated[
        Positive,
        about("for the others: largest step, in units of time, in one of which points move by one standard deviation"),
    ] = 0.05


class NeuralODESettings(ModelSettings, frozen=True, tag_field="kind", tag="neural-ode"):
    """dx/dt = f(x), fitted to trajectories (Chen et al. 2018, arXiv:1806.07366)."""

    dynamics: Annotated[BlockSettings, about("f, from a point to its velocity")] = BlockSettings(
        widths=(64, 64), activation="tanh"
    )
    horizon: Annotated[
        Count,
        about(
            "how many frames at most are predicted from one point of the material; then the next is started from. "
            "Windows of the training are shorter than that, or are cut"
        ),
    ] = 32
    sigma_floor: Annotated[Positive, about("smallest standard deviation of the points around the curve")] = 0.005
    sigma_start: Annotated[Positive, about("standard deviation before training")] = 0.3
    solver: Annotated[SolverSettings, about("how the equation is solved")] = SolverSettings()

    @property
    def has_field(self) -> bool:
        return True


class LatentODESettings(ModelSettings, frozen=True, tag_field="kind", tag="latent-ode"):
    """The latent ODE (Chen et al. 2018, section 5; encoder of Rubanova et al. 2019, arXiv:1907.03907)."""

    encoder: Annotated[
        Literal["rnn", "ode-rnn"],
        about("what reads the points, last to first: a GRU that is told the gaps, or one whose state moves in them"),
    ] = "rnn"
    hidden: Annotated[Count, about("units of the encoder's state")] = 64
    latent: Annotated[Count, about("dimensions of the latent variable z, which the equation moves")] = 6
    dynamics: Annotated[BlockSettings, about("f of dz/dt = f(z); and of an encoder that is an ODE-RNN")] = (
        BlockSettings(widths=(64, 64), activation="tanh")
    )
    decoder: Annotated[BlockSettings, about("from z(t) to the output distribution")] = BlockSettings(widths=(64,))
    consistency: Annotated[
        NotNegative,
        about(
            "weight of an extra task: where z has moved to shall be where the encoder puts it that reads the points "
            "from there on; it makes curves go on well beyond their points"
        ),
    ] = 0.3
    likelihood: Annotated[LikelihoodSettings, about("the output distribution")] = LikelihoodSettings(kind="gaussian")
    poisson: Annotated[
        bool, about("whether the times of the points are learned, too: as a Poisson process whose rate depends on z(t)")
    ] = False
    rate: Annotated[BlockSettings, about("from z(t) to that rate")] = BlockSettings(widths=(32,), activation="tanh")
    solver: Annotated[SolverSettings, about("how the equation is solved")] = SolverSettings()

    @property
    def one_latent(self) -> bool:
        return True

    @property
    def extrapolates(self) -> bool:
        return True


class ODERNNSettings(ModelSettings, frozen=True, tag_field="kind", tag="ode-rnn"):
    """The ODE-RNN as a predictor (Rubanova et al. 2019): a GRU whose state moves between the points."""

    hidden: Annotated[Count, about("units of the state h")] = 64
    dynamics: Annotated[BlockSettings, about("f of dh/dt = f(h), between two points")] = BlockSettings(
        widths=(64,), activation="tanh"
    )
    decoder: Annotated[BlockSettings, about("from h to the output distribution of the next point")] = BlockSettings(
        widths=(64,)
    )
    likelihood: Annotated[LikelihoodSettings, about("the output distribution")] = LikelihoodSettings(kind="gaussian")
    poisson: Annotated[
        bool, about("whether the times of the points are learned, too: as a Poisson process whose rate depends on h(t)")
    ] = False
    rate: Annotated[BlockSettings, about("from h(t) to that rate")] = BlockSettings(widths=(32,), activation="tanh")
    solver: Annotated[SolverSettings, about("how the equation is solved")] = SolverSettings(method="rk4", step=0.25)

    @property
    def has_latent(self) -> bool:
        return False


AnyModelSettings: TypeAlias = (
    VRNNSettings | PredictorSettings | VAESettings | NeuralODESettings | LatentODESettings | ODERNNSettings
)
"""The settings of one of the families; which, says ``kind``."""
