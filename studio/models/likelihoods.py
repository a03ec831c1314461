"""Output distributions p(x_t | z_<=t, x_<t): what the decoder's features say about the next frame.

A frame has continuous columns, under a Gaussian or a mixture of Gaussians; columns of 0 or 1 that are independent of
one another given z (the keys of a piano: what sounds together is up to z); and binary ones (pen lifted, drawing
ended), each under a Bernoulli distribution that knows those before it: a drawing ends only where the pen is lifted. Or
it is a symbol, such as a character, under a categorical distribution. Sums are over the columns; the leading
dimensions, usually [T, B], stay.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import StudioError
from studio.models.gaussian import HALF_LOG_2_PI, DiagonalGaussian
from studio.models.products import Linear
from studio.models.settings import LikelihoodSettings
from studio.sequences.sequence import FrameLayout

LARGEST_CORRELATION = 0.95  # keeps the covariance of two offsets far enough from singular
IMPOSSIBLE = -1e9  # log odds of a symbol that is never drawn; finite, so that it can be divided by a temperature
STRAY_SIGMA = 6.0  # in offsets, of those that may lead anywhere
SHORTEST_MEAN = 1e-4  # squared, below which a mean offset has no direction
RARE = -3.0  # log odds of an independent column before training: of many keys few are down


class Mixture(NamedTuple):
    """sum_k pi_k N(mean_k, sigma_k), each Gaussian diagonal, or over two columns with a correlation."""

    log_weights: Tensor  # [..., K], log pi
    mean: Tensor  # [..., K, C]
    sigma: Tensor  # [..., K, C]
    correlation: Tensor | None = None  # [..., K]


class Categorical(NamedTuple):
    """p(x = k) for each of V symbols."""

    log_odds: Tensor  # [..., V], up to a constant


class LineGaussian(NamedTuple):
    """A Gaussian whose axes lie along the mean offset and across it.

    A hand leaves the line that it means to draw less than it hurries or lingers on it, so the two deviations differ.
    """

    mean: Tensor  # [..., 2]
    sigma: Tensor  # [..., 2], along and across
    stray: float = 0.0  # share of offsets that may lead anywhere

    @property
    def axes(self) -> tuple[Tensor, Tensor]:
        """Unit vectors along the mean and across it, ``[..., 2]`` each; nothing is learned through them.

        Where the mean is short, their gradient would be huge.
        """
        mean = self.mean.detach()
        along = mean / (mean.square().sum(-1, keepdim=True) + SHORTEST_MEAN).sqrt()
        return along, torch.stack([-along[..., 1], along[..., 0]], -1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log sum of (1 - stray) N(x; mean, along and across) and stray N(x; mean, wide): ``[..., 2] -> [...]``."""
        off, (along, across) = x - self.mean, self.axes
        standardised = torch.stack([(along * off).sum(-1), (across * off).sum(-1)], -1) / self.sigma  # [..., 2]
        near = -(0.5 * standardised.square() + self.sigma.log() + HALF_LOG_2_PI).sum(-1)
        if self.stray == 0:
            return near
        wide = -(0.5 * (off / STRAY_SIGMA).square() + math.log(STRAY_SIGMA) + HALF_LOG_2_PI).sum(-1)
        return torch.logaddexp(near + math.log1p(-self.stray), wide + math.log(self.stray))

    def sample(self, noise: Tensor, variance: float) -> Tensor:
        """``[..., 2]`` from normal noise ``[..., 2]``; what strays is odd material, and is not drawn."""
        (along, across), scaled = self.axes, variance * self.sigma * noise
        return self.mean + along * scaled[..., :1] + across * scaled[..., 1:]


Leading: TypeAlias = DiagonalGaussian | Mixture | Categorical | LineGaussian


class Bernoullis(NamedTuple):
    """p(b) = prod_j p(b_j | b_<j), with log odds logits_j + sum_{i<j} effects_ji b_i."""

    logits: Tensor  # [..., J]
    effects: Tensor  # [..., J (J - 1) / 2], rows of the lower triangle, one after another

    def log_prob(self, binary: Tensor) -> Tensor:
        """``[..., J] -> [...]``."""
        log_odds = torch.stack([self._log_odds(j, binary) for j in range(binary.shape[-1])], -1)  # [..., J]
        return -F.binary_cross_entropy_with_logits(log_odds, binary, reduction="none").sum(-1)

    def sample(self, noise: Tensor, variance: float) -> Tensor:
        """``[..., J]`` from normal noise ``[..., J]``; ``variance`` divides the log odds, at 0 the likelier value."""
        drawn = torch.zeros_like(noise)  # [..., J]
        for j in range(noise.shape[-1]):
            log_odds = self._log_odds(j, drawn)  # [...]
            if variance == 0:
                drawn[..., j] = (log_odds > 0).to(noise)
            else:
                drawn[..., j] = (_uniform(noise[..., j]) < torch.sigmoid(log_odds / variance)).to(noise)
        return drawn

    def _log_odds(self, j: int, binary: Tensor) -> Tensor:
        row = j * (j - 1) // 2
        return self.logits[..., j] + (self.effects[..., row : row + j] * binary[..., :j]).sum(-1)


class IndependentBernoullis(NamedTuple):
    """p(b) = prod_d p(b_d), with log odds logits_d."""

    logits: Tensor  # [..., D]

    def log_prob(self, values: Tensor) -> Tensor:
        """``[..., D] -> [...]``."""
        return -F.binary_cross_entropy_with_logits(self.logits, values, reduction="none").sum(-1)

    def sample(self, noise: Tensor, variance: float) -> Tensor:
        """``[..., D]`` from normal noise ``[..., D]``; ``variance`` divides the log odds, at 0 the likelier value."""
        if variance == 0:
            return (self.logits > 0).to(noise)
        return (_uniform(noise) < torch.sigmoid(self.logits / variance)).to(noise)


class FrameDistribution(NamedTuple):
    """What the decoder says about one frame."""

    continuous: Leading
    binary: Bernoullis
    independent: IndependentBernoullis | None = None


def of_each(output: FrameDistribution, change: Callable[[Tensor], Tensor]) -> FrameDistribution:
    """The distribution whose parameters are changed one and all, such as where their leading dimensions are others."""
    continuous, binary, independent = output
    changed: Leading
    if isinstance(continuous, Mixture):
        log_weights, mean, sigma, correlation = continuous
        correlation = None if correlation is None else change(correlation)
        changed = Mixture(change(log_weights), change(mean), change(sigma), correlation)
    elif isinstance(continuous, Categorical):
        changed = Categorical(change(continuous.log_odds))
    elif isinstance(continuous, LineGaussian):
        changed = LineGaussian(change(continuous.mean), change(continuous.sigma), continuous.stray)
    else:
        changed = DiagonalGaussian(*map(change, continuous))
    keys = None if independent is None else IndependentBernoullis(change(independent.logits))
    return FrameDistribution(changed, Bernoullis(*map(change, binary)), keys)


class SigmaRange(NamedTuple):
    """How numbers of a network become standard deviations that stay within limits."""

    floor: float
    cap: float  # 0: no limit

    @classmethod
    def of(cls, settings: LikelihoodSettings) -> SigmaRange:
        """As the settings say."""
        return cls(settings.sigma_floor, settings.sigma_cap)

    def sigma(self, raw: Tensor) -> Tensor:
        """floor + softplus(raw), or floor + (cap - floor) sigmoid(raw), ``[...]``."""
        if self.cap == 0:
            return F.softplus(raw) + self.floor
        return self.floor + (self.cap - self.floor) * torch.sigmoid(raw)

    def raw(self, sigma: float) -> float:
        """The number that becomes this sigma, or nearly this one where it is hardly to be reached."""
        above = max(sigma - self.floor, 1e-3)
        if self.cap == 0:
            return math.log(math.expm1(above))
        share = min(max(above / (self.cap - self.floor), 0.01), 0.99)
        return math.log(share / (1 - share))


class GaussianOutput(nn.Module):
    """The diagonal Gaussian over C columns."""

    noise_width: int

    def __init__(self, columns: int, settings: LikelihoodSettings) -> None:
        super().__init__()
        self.columns, self.range = columns, SigmaRange.of(settings)
        self.noise_width = columns
        self.shared = nn.Parameter(torch.zeros(columns)) if settings.shared_sigma else None  # [C], as raw
        self.raw_width = columns if settings.shared_sigma else 2 * columns

    def start(self, bias: Tensor, sigma: float) -> None:
        """Set the bias ``[raw_width]`` of the layer before, so that sigma starts where the settings say."""
        raw = self.range.raw(sigma)
        if self.shared is not None:
            self.shared.fill_(raw)
        bias[self.columns :] = raw

    def parameters_from(self, raw: Tensor) -> DiagonalGaussian:
        mean, raw_sigma = raw.split_with_sizes((self.columns, self.raw_width - self.columns), -1)  # [..., C] each
        if self.shared is not None:
            raw_sigma = self.shared.expand_as(mean)  # [..., C]
        return DiagonalGaussian(mean, self.range.sigma(raw_sigma))

    def log_prob(self, parameters: Leading, x: Tensor) -> Tensor:
        assert isinstance(parameters, DiagonalGaussian)
        return parameters.log_prob(x)

    def sample(self, parameters: Leading, noise: Tensor, variance: float) -> Tensor:
        assert isinstance(parameters, DiagonalGaussian)
        return parameters.sample(noise, variance)


class LineOutput(nn.Module):
    """The Gaussian along and across the way of a pen.

    Attributes:
        factors: ``[2]``, of the deviations along and across; after training they are set to what fits drawings that
            were held back, since training sees disturbed ones.
    """

    noise_width, raw_width = 2, 4
    factors: Tensor

    def __init__(self, columns: int, settings: LikelihoodSettings) -> None:
        super().__init__()
        if columns != 2:
            raise StudioError('The likelihood "line" is for what a pen draws: set model.likelihood.kind.')
        self.range, self.stray = SigmaRange.of(settings), settings.stray
        self.register_buffer("factors", torch.ones(2))

    def start(self, bias: Tensor, sigma: float) -> None:
        """Set the bias ``[4]`` of the layer before, so that sigma starts where the settings say."""
        bias[2:] = self.range.raw(sigma)

    def parameters_from(self, raw: Tensor) -> LineGaussian:
        mean, raw_sigma = raw.split_with_sizes((2, 2), -1)  # [..., 2] each
        return LineGaussian(mean, self.range.sigma(raw_sigma) * self.factors, self.stray)

    def log_prob(self, parameters: Leading, x: Tensor) -> Tensor:
        assert isinstance(parameters, LineGaussian)
        return parameters.log_prob(x)

    def sample(self, parameters: Leading, noise: Tensor, variance: float) -> Tensor:
        assert isinstance(parameters, LineGaussian)
        return parameters.sample(noise, variance)


class MixtureOutput(nn.Module):
    """A mixture of K Gaussians over C columns, with log p = log sum_k pi_k N_k(x)."""

    def __init__(self, columns: int, settings: LikelihoodSettings) -> None:
        super().__init__()
        self.columns, self.components, self.range = columns, settings.components, SigmaRange.of(settings)
        self.correlated = settings.correlated and columns == 2
        self.raw_width = self.components * (1 + 2 * columns + self.correlated)
        self.noise_width = 1 + columns  # one draw chooses the component

    def start(self, bias: Tensor, sigma: float) -> None:
        """Set the bias ``[raw_width]`` of the layer before: means apart from one another, sigma at this value."""
        means = self.components * self.columns
        bias[self.components : self.components + means].normal_(0.0, 0.5)
        bias[self.components + means : self.components + 2 * means] = self.range.raw(sigma)

    def parameters_from(self, raw: Tensor) -> Mixture:
        components, size = self.components, self.components * self.columns
        weights, mean, raw_sigma, raw_correlation = raw.split_with_sizes(
            (components, size, size, components * self.correlated), -1
        )  # [..., K], [..., K C], [..., K C], [..., K] or [..., 0]
        shape = (*raw.shape[:-1], components, self.columns)
        return Mixture(
            log_weights=torch.log_softmax(weights, -1),
            mean=mean.reshape(shape),
            sigma=self.range.sigma(raw_sigma).reshape(shape),
            correlation=LARGEST_CORRELATION * torch.tanh(raw_correlation) if self.correlated else None,
        )

    def log_prob(self, parameters: Leading, x: Tensor) -> Tensor:
        assert isinstance(parameters, Mixture)
        standardised = (x.unsqueeze(-2) - parameters.mean) / parameters.sigma  # [..., K, C]
        square = standardised.square().sum(-1)  # [..., K]
        log_scale = parameters.sigma.log().sum(-1) + self.columns * HALF_LOG_2_PI  # [..., K]
        if parameters.correlation is not None:
            # (a^2 + b^2 - 2 rho a b) / (1 - rho^2) and 1/2 log(1 - rho^2): the bivariate normal density
            first, second = standardised.unbind(-1)  # [..., K] each
            rest = 1 - parameters.correlation.square()  # [..., K]
            square = (square - 2 * parameters.correlation * (first * second)) / rest
            log_scale = log_scale + 0.5 * rest.log()
        return torch.logsumexp(parameters.log_weights - 0.5 * square - log_scale, -1)

    def sample(self, parameters: Leading, noise: Tensor, variance: float) -> Tensor:
        assert isinstance(parameters, Mixture)
        chosen = _chosen(parameters.log_weights, noise[..., :1], variance)  # [..., 1]
        which = chosen.unsqueeze(-1).expand(*chosen.shape, self.columns)  # [..., 1, C]
        mean = parameters.mean.gather(-2, which).squeeze(-2)  # [..., C]
        sigma = parameters.sigma.gather(-2, which).squeeze(-2)  # [..., C]
        standard = noise[..., 1:]  # [..., C]
        if parameters.correlation is not None:
            correlation = parameters.correlation.gather(-1, chosen)  # [..., 1]
            first, second = standard.chunk(2, -1)  # [..., 1] each
            second = correlation * first + (1 - correlation.square()).sqrt() * second
            standard = torch.cat([first, second], -1)
        return mean + variance * sigma * standard


class CategoricalOutput(nn.Module):
    """A probability for each of V symbols; the one column holds the index of a symbol."""

    noise_width = 1

    def __init__(self, categories: int, unseen: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.raw_width, self.unseen = categories, unseen

    def start(self, bias: Tensor, sigma: float) -> None:
        """There is no sigma to begin with."""

    def parameters_from(self, raw: Tensor) -> Categorical:
        return Categorical(raw)

    def log_prob(self, parameters: Leading, x: Tensor) -> Tensor:
        assert isinstance(parameters, Categorical)
        index = x[..., 0].long()  # [...]
        nll = F.cross_entropy(parameters.log_odds.flatten(0, -2), index.flatten(), reduction="none")
        return -nll.view(index.shape)

    def sample(self, parameters: Leading, noise: Tensor, variance: float) -> Tensor:
        assert isinstance(parameters, Categorical)
        log_odds = parameters.log_odds
        for symbol in self.unseen:
            log_odds = log_odds.index_fill(-1, torch.tensor(symbol, device=log_odds.device), IMPOSSIBLE)
        return _chosen(log_odds, noise, variance).to(noise)


def _chosen(log_weights: Tensor, noise: Tensor, variance: float) -> Tensor:
    """Which of K, ``[..., 1]``: a normal number made uniform is looked for in the probabilities, added up.

    Args:
        log_weights: ``[..., K]``, log probabilities up to a constant.
        noise: ``[..., 1]``, standard normal.
        variance: divides the logarithms; 0: the likeliest.
    """
    if variance == 0:
        return log_weights.argmax(-1, keepdim=True)
    cumulative = torch.softmax(log_weights / variance, -1).cumsum(-1)  # [..., K]
    return (_uniform(noise) > cumulative[..., :-1]).sum(-1, keepdim=True)


class FrameLikelihood(nn.Module):
    """p(x_t | features), from the last layer of the decoder on.

    Args:
        features: width of the decoder's output.
        layout: what the columns of a frame are.
        settings: which distribution; ``sigma_start`` is reached by the bias of the last layer.
    """

    def __init__(self, features: int, layout: FrameLayout, settings: LikelihoodSettings) -> None:
        super().__init__()
        self.layout = layout
        self.continuous = _leading_output(layout, settings)
        effects = layout.binary * (layout.binary - 1) // 2
        self._parts = (self.continuous.raw_width, layout.independent, layout.binary, effects)
        self._columns = (layout.leading, layout.independent, layout.binary)
        self.linear = Linear(features, sum(self._parts))
        with torch.no_grad():
            bias, leading = self.linear.bias, self.continuous.raw_width
            self.continuous.start(bias[:leading], settings.sigma_start)
            bias[leading : leading + layout.independent] += RARE

    @property
    def noise_width(self) -> int:
        """How many standard normal numbers one frame takes."""
        return self.continuous.noise_width + self.layout.independent + self.layout.binary

    def parameters_from(self, features: Tensor) -> FrameDistribution:
        """``[..., features]`` to the parameters of the distribution."""
        continuous, independent, logits, effects = self.linear(features).split_with_sizes(self._parts, -1)
        return FrameDistribution(
            self.continuous.parameters_from(continuous),
            Bernoullis(logits, effects),
            IndependentBernoullis(independent) if self.layout.independent else None,
        )

    def log_prob(self, parameters: FrameDistribution, x: Tensor, known: Tensor | None = None) -> Tensor:
        """log p(x), ``[..., D] -> [...]``; where ``known`` [...] is 1, the leading columns are no news, and cost 0."""
        continuous, independent, binary = x.split_with_sizes(self._columns, -1)
        log_prob = self.continuous.log_prob(parameters.continuous, continuous)  # [...]
        if known is not None:
            log_prob = log_prob * (1 - known)
        if parameters.independent is not None:
            log_prob = log_prob + parameters.independent.log_prob(independent)
        return log_prob + parameters.binary.log_prob(binary) if self.layout.binary else log_prob

    def binary_variance(self, variance: float) -> float:
        """That of the binary columns, where the variance of the output is this.

        A line's lifts and its end are drawn as trained: with less chance a drawing that ends somewhere within a few
        frames would not end at all.
        """
        return 1.0 if isinstance(self.continuous, LineOutput) else max(variance, self.layout.least_chance)

    def sample(self, parameters: FrameDistribution, noise: Tensor, variance: float = 1.0) -> Tensor:
        """One frame ``[..., D]`` from standard normal noise ``[..., noise_width]``.

        Args:
            variance: multiplies sigma (not sigma squared) and divides the log weights of a mixture and the log odds of
                binary columns; of symbols it is the temperature, which divides log probabilities. 0: the mean of the
                most likely component, the likeliest symbol, and the likelier value of each binary column, unless some
                chance is always left to it (`FrameLayout.least_chance`).
        """
        widths = (self.continuous.noise_width, self.layout.independent, self.layout.binary)
        continuous, independent, binary = noise.split_with_sizes(widths, -1)
        values = self.continuous.sample(parameters.continuous, continuous, variance)  # [..., C]
        if parameters.independent is not None:
            values = torch.cat([values, parameters.independent.sample(independent, variance)], -1)
        chance = self.binary_variance(variance)
        return torch.cat([values, parameters.binary.sample(binary, chance)], -1)


def _leading_output(
    layout: FrameLayout, settings: LikelihoodSettings
) -> GaussianOutput | MixtureOutput | CategoricalOutput | LineOutput:
    fits = {"categorical": layout.categories > 0, "bernoulli": layout.independent > 0}
    if fits.get(settings.kind, not any(fits.values())):
        if settings.kind == "categorical":
            return CategoricalOutput(layout.categories, layout.unseen)
        if settings.kind == "line":
            return LineOutput(layout.continuous, settings)
        kind = MixtureOutput if settings.kind in ("mixture", "pen-mixture") else GaussianOutput
        return kind(layout.continuous, settings)  # of piano rolls, which have no such columns, the empty Gaussian
    raise StudioError(
        f'The likelihood "categorical" is for texts, and texts need it; "bernoulli" likewise for piano rolls: '
        f"{settings.kind!r} does not go with this material. Set model.likelihood.kind."
    )


def _uniform(noise: Tensor) -> Tensor:
    """Standard normal numbers made uniform in (0, 1)."""
    uniform: Tensor = torch.special.ndtr(noise)
    return uniform
