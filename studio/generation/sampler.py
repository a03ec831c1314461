"""Free-running pens, voices and texts: frames drawn from a model, chunk after chunk or whole pieces at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.capacity import refuse_beyond_memory
from studio.errors import StudioError
from studio.generation import walk as walks
from studio.generation import whole as wholes
from studio.generation.live_point import NO_WHOLE
from studio.generation.stepper import Stepper
from studio.generation.variance import Variance
from studio.models.one_latent import OneLatentModel, between
from studio.models.sequence_model import SequenceModel, State, Terms
from studio.models.vrnn import VRNN, has_whole
from studio.sequences.characters import CharacterRepresentation
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.recording import Recording
from studio.sequences.representations import AnyRepresentation, DrawingRepresentation
from studio.sequences.roll import Roll
from studio.sequences.sequence import Frames, Sequence
from studio.sequences.text import Text
from studio.training.checkpoints import load_weights

S = TypeVar("S", Recording, Roll)

CHUNK = 64  # frames drawn before looking whether all drawings have ended
AS_TRAINED = Variance()
NOT_FINITE = (
    "What the model draws is no longer a finite number: draw with smaller variances, or with other weights of this run."
)


class Sampler:
    """Several pens that draw side by side. Not to be called from several threads at a time.

    Pen b takes its noise from its own stream ``default_rng([seed, b])``, row after row: so what it draws depends on
    the seed alone, not on how many pens there are or how many frames are asked for at a time.

    Args:
        model: is used as it is, and changed by `load`.
        count: B, how many pens.
        seed: not negative.
        begin: frames ``[T, D]``, perhaps with their times, that every pen draws first, as if it had thought of them
            itself; then it goes on. What the last of them says about lifting the pen is ignored and sampled anew, since
            a beginning that was cut off says nothing about it.
        label: what all shall show, where the model is told of labels: see `Vocabulary.completed`.
        ends: the frames of two sequences, where the pens shall draw what lies between them: the first pen the one, the
            last the other. All take the noise of the first pen, so that nothing but the way makes a difference.
        whole: g ``[G]`` of what all pens shall draw, such as a place on the map of g.

    Attributes:
        labels: what each pen draws; "" where the model is told of none.
        times: of the frames drawn last, ``[n, B]`` in units of the layout's clock, from the first frame of all on; None
            where frames merely follow one another.

    Raises:
        StudioError: nothing was learned under that label, or the model cannot go on from a beginning, or knows no way
            from one sequence to another.
    """

    def __init__(
        self,
        model: SequenceModel,
        count: int,
        seed: int,
        begin: Frames | Sequence | None = None,
        label: str = "",
        ends: tuple[Sequence, Sequence] | None = None,
        whole: FloatArray | None = None,
    ) -> None:
        refuse_beyond_memory(4.0 * count * CHUNK * model.noise_width, f"{count:,} pens", "ask for fewer")
        self.model = model
        self._stepper = Stepper(model)
        self.count = count
        self._label = label
        if begin is not None and not model.goes_on:
            raise StudioError("This model makes a drawing in one piece, and cannot go on from a beginning.")
        if ends is not None and not (isinstance(model, OneLatentModel) or has_whole(model)):
            raise StudioError(
                "This model draws a latent variable with every frame, so there is no way from one drawing to another: "
                "train one with a latent variable of the whole piece (model.whole), a static VAE or a latent ODE."
            )
        if whole is not None and not has_whole(model):
            raise StudioError(NO_WHOLE)
        self._ends, self._whole = ends, whole
        nothing = np.zeros((0, model.layout.width), np.float32)
        self._begin = begin if isinstance(begin, Sequence) else Sequence(nothing if begin is None else begin)
        self.restart(seed)

    def restart(self, seed: int) -> None:
        """Begin anew, with the given seed."""
        self._seed = seed
        pens = range(self.count) if self._ends is None else [0] * self.count
        self._noise = [np.random.default_rng([seed, pen]) for pen in pens]
        self.labels = chosen_labels(self.model, self._label, self.count, seed)
        with torch.inference_mode():
            self._state = self.model.labelled_state(self.labels, self._device)
            if self._ends is not None and isinstance(self.model, OneLatentModel):
                self._state = between(self.model, *self._ends, self.count)
        self._drawn = self._walked = 0
        self._last = np.full(self.count, -self._interval)  # [B], the time of the frame drawn last
        self.times: FloatArray | None = None

    def load(self, weights: Mapping[str, Any]) -> None:
        """Go on with other weights, such as those of an event `Sample`; the state stays, so the pens do not jump."""
        load_weights(self.model, weights)

    def use(self, model: SequenceModel) -> None:
        """Go on with another model of the same sizes, such as one that has learned more since; the state stays."""
        self.model = model
        self._stepper = Stepper(model)

    def frames(self, n: int, variance: Variance = AS_TRAINED) -> NDArray[np.float32]:
        """The next n frames of every pen, ``[n, B, D]``, in frame units.

        Raises:
            StudioError: they are not finite.
        """
        drawn = self._draw_noise(n)
        at_a_place = self._whole is not None or self._ends is not None
        if at_a_place and variance.latent == variance.output == 0:
            drawn = wholes.steady_noise(self.model, n, self.count)  # a place in g has one drawing
        noise = torch.from_numpy(drawn).to(self._device)  # [n, B, noise_width]
        if self._drawn == 0 and has_whole(self.model):
            with torch.inference_mode():
                self._choose_whole(self.model, variance.of_whole)
        given = min(n, max(len(self._begin) - self._drawn, 0))
        pieces, times = [], [np.zeros((0, self.count))]
        with torch.inference_mode():
            if given:
                times.append(self._given_times(given))
                pieces.append(self._follow(noise[:given], variance))
            if given < n:
                x, x_times = self._go_on(noise[given:], variance)
                pieces.append(x)
                times.append(x_times)
        self._drawn += n
        self.times = None if self.model.layout.clock is None else np.concatenate(times)
        result: NDArray[np.float32] = torch.cat(pieces).cpu().numpy() if pieces else self._nothing()
        if not np.isfinite(result).all():
            raise StudioError(NOT_FINITE)
        return result

    def _choose_whole(self, model: VRNN, scale: float) -> None:
        """What each pen draws, before its first frame."""
        told = model.is_conditioned and (bool(self._label) or model.label_width > 0)
        if self._whole is not None:
            chosen = wholes.given(model, self._whole, self.count)
        elif self._ends is not None:
            chosen = walks.between(model, *self._ends, self.count)
            if model.label_width:
                self.labels = _labels_of(model, chosen)
                self._state = model.labelled_state(self.labels, self._device)
        elif len(self._begin):
            labels = self.labels if told else None
            chosen = wholes.told_from(model, self._begin, self.count, self._seed, scale, labels)
        else:
            chosen = wholes.drawn(model, self.count, self._seed, scale, self.labels)
        self._state = model.with_whole(self._state, chosen.g)
        if model.is_conditioned and not model.label_width:
            self.labels = _labels_of(model, chosen)

    def _go_on(self, noise: Tensor, variance: Variance) -> tuple[Tensor, FloatArray]:
        """As many frames as the noise has, and their times."""
        if not self.model.draws_times:
            x, self._state = self._stepper.generate(self._state, noise, variance.latent, variance.output)
            return x, self._even_times(len(noise))
        frames, times = [], []
        for row in noise:  # one by one, since the state after each tells its time
            x, self._state = self._stepper.generate(self._state, row[None], variance.latent, variance.output)
            frames.append(x)
            times.append(self.model.time_of(self._state).cpu().double().numpy())
        self._last = times[-1]
        return torch.cat(frames), np.stack(times)

    @property
    def _interval(self) -> float:
        clock = self.model.layout.clock
        return 0.0 if clock is None else clock.interval

    def _even_times(self, n: int) -> FloatArray:
        times: FloatArray = self._last + self._interval * np.arange(1, n + 1)[:, None]  # [n, B]
        self._last = times[-1]
        return times

    def _given_times(self, n: int) -> FloatArray:
        """Of the next frames of the beginning."""
        if self._begin.times is None:
            return self._even_times(n)
        times = self._begin.times[self._drawn : self._drawn + n, None].repeat(self.count, 1)
        self._last = times[-1]
        return times

    @property
    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    def _nothing(self) -> NDArray[np.float32]:
        return np.zeros((0, self.count, self.model.layout.width), np.float32)

    def _draw_noise(self, n: int) -> NDArray[np.float32]:
        width = self.model.noise_width
        return np.stack([pen.standard_normal((n, width)).astype(np.float32) for pen in self._noise], 1)

    def _follow(self, noise: Tensor, variance: Variance) -> Tensor:
        """Frames of the beginning: x is given, and z comes from the encoder."""
        if self.model.one_latent:
            return self._follow_in_one(noise)
        left = self._given(self._drawn, len(self._begin))  # [N, B, D]
        x = left[: len(noise)]  # [n, B, D]
        # Only of pens a beginning may not know the last frame's binary columns: that of other frames says "no end".
        if self._drawn + len(noise) == len(self._begin) and self.model.layout.step is not None:
            self._walk(left, noise[:-1])
            self._lift_or_not(x[-1:], noise[-1:], variance)
            self._walk(x[-1:], noise[-1:])
        else:
            self._walk(left, noise)
        return x

    def _follow_in_one(self, noise: Tensor) -> Tensor:
        """The same where the model has to see all of the beginning before it says anything about it."""
        if self._drawn == 0:
            x = self._given(0, len(self._begin))
            more = noise.new_zeros(len(x) - 1, *noise.shape[1:])  # z is drawn with the first frame
            self._walk(x, torch.cat([noise[:1], more]))
        return self._given(self._drawn, self._drawn + len(noise))

    def _given(self, first: int, end: int) -> Tensor:
        """Frames of the beginning, the same for all pens, ``[n, B, D]``."""
        frames = torch.from_numpy(np.asarray(self._begin.frames[first:end], np.float32)).to(self._device)
        return frames.unsqueeze(1).repeat(1, self.count, 1)

    def _times(self, steps: int) -> Tensor | None:
        """Of the next frames of the beginning, ``[n, B]``."""
        if self._begin.times is None:
            return None
        first = 0 if self.model.one_latent else self._walked
        times = torch.from_numpy(self._begin.times[first : first + steps].astype(np.float32)).to(self._device)
        return times.unsqueeze(1).repeat(1, self.count)

    def _walk(self, x: Tensor, noise: Tensor) -> None:
        """As far as the noise goes; a model with foresight sees the rest of x, however few frames are asked for."""
        if len(noise):
            _, self._state = self._score(x if self.model.foresight else x[: len(noise)], noise)
            self._walked += len(noise)

    def _lift_or_not(self, x: Tensor, noise: Tensor, variance: Variance) -> None:
        """Let the model decide whether the pen is lifted after this frame ``[1, B, D]``; the drawing does not end."""
        pen, rest = self.model.layout.continuous, self.model.layout.continuous + 1
        x[..., pen:] = 0
        terms, _ = self._score(x, noise)
        binary_noise = noise[..., noise.shape[-1] - self.model.layout.binary :]  # [1, B, binary]
        x[..., pen:] = terms.output.binary.sample(binary_noise, variance.output)
        x[..., rest:] = 0

    def _score(self, x: Tensor, noise: Tensor) -> tuple[Terms, State]:
        latent_noise, times = noise[..., : self.model.latent], self._times(len(x))
        return self.model.score(x, torch.ones_like(x[..., 0]), self._state, latent_noise, times=times)


def _labels_of(model: VRNN, chosen: wholes.Chosen) -> list[str]:
    """Of the groups that pieces are of."""
    return [model.vocabulary.label_of(tags) for tags in model.whole_prior.tags[chosen.group].cpu().numpy()]


def chosen_labels(model: SequenceModel, label: str, count: int, seed: int) -> list[str]:
    """Under which label each of so many samples is generated.

    Raises:
        StudioError: a label is asked for, and the model is not told of labels or does not know it.
    """
    if model.is_conditioned:
        return model.vocabulary.completed(label, count, seed)
    if label:
        raise StudioError(
            f"This run was not told of labels, so {label!r} cannot be asked for: train with label_embedding above 0, "
            "on material that has labels."
        )
    return [""] * count


class _InTime(Protocol[S]):
    """What is used of the representations of recordings and piano rolls."""

    @property
    def typical_length(self) -> int: ...
    def encode_beginning(self, material: S) -> Sequence: ...
    def stops(self, frames: Frames) -> NDArray[np.bool_]: ...
    def decode(self, frames: Frames, label: str = "") -> S: ...


def _check_room(model: SequenceModel, count: int, length: int) -> None:
    """Refuse more than there can be room for.

    Args:
        model: makes it.
        count: how many pieces.
        length: of each, in frames, at most.

    Raises:
        StudioError: with the number of bytes.
    """
    size = 4 * count * length * model.layout.width
    what = f"{count:,} times up to {length:,} frames"
    refuse_beyond_memory(size, what, "ask for fewer, or for shorter ones")


def _chunks(sampler: Sampler, length: int, variance: Variance) -> Iterator[Frames]:
    """So many frames, ``[n, B, D]`` at a time."""
    for first in range(0, length, CHUNK):
        yield sampler.frames(min(CHUNK, length - first), variance)


def generate_sounds(
    model: SequenceModel,
    representation: _InTime[S],
    *,
    count: int,
    length: int | None = None,
    variance: Variance = AS_TRAINED,
    seed: int = 0,
    begin: S | None = None,
    label: str = "",
    whole: FloatArray | None = None,
) -> list[S]:
    """Whole recordings or piano rolls.

    Args:
        model: is used as it is.
        representation: of the model.
        count: how many.
        length: at most how many frames, those of the beginning included; None: as many as the longest of the material.
        variance: how much chance.
        seed: not negative.
        begin: what all of them begin with.
        label: what they shall be, see `Sampler`.
        whole: g ``[G]`` of them, see `Sampler`.

    Raises:
        StudioError: nothing was learned under that label.
    """
    length = representation.typical_length if length is None else length
    _check_room(model, count, length)
    beginning = None if begin is None else representation.encode_beginning(begin)
    sampler = Sampler(model, count, seed, beginning, label, whole=whole)
    chunks: list[Frames] = []
    ended = np.zeros(count, bool)
    for chunk in _chunks(sampler, length, variance):
        chunks.append(chunk)
        ended |= representation.stops(chunk).any(0)  # [B]
        if ended.all():
            break
    frames = np.concatenate(chunks)  # [T, B, D]
    return [representation.decode(frames[:, b], sampler.labels[b]) for b in range(count)]


def generate_texts(
    model: SequenceModel,
    representation: CharacterRepresentation,
    *,
    count: int,
    length: int | None = None,
    variance: Variance = AS_TRAINED,
    seed: int = 0,
    begin: Text | None = None,
    label: str = "",
    whole: FloatArray | None = None,
) -> list[Text]:
    """Whole texts.

    Args:
        model: is used as it is.
        representation: of the model.
        count: how many texts.
        length: at most how many characters, those of the beginning included; None: as many as the longest of the
            material, or a page where texts have no end.
        variance: how much chance; ``output`` is the temperature.
        seed: not negative.
        begin: what all of them begin with, as it is, also where a character of it is unknown.
        label: what they shall be, see `Sampler`.
        whole: g ``[G]`` of them, see `Sampler`.

    Raises:
        StudioError: nothing was learned under that label.
    """
    given = "" if begin is None else begin.characters
    length = max(representation.typical_length, len(given)) if length is None else length
    _check_room(model, count, length)
    frames = None if begin is None else representation.encode_beginning(begin).frames
    sampler = Sampler(model, count, seed, frames, label, whole=whole)
    decoder = representation.decoder(count)
    written = [""] * count
    for chunk in _chunks(sampler, length, variance):
        new = decoder.characters(chunk)
        written = [old + more for old, more in zip(written, new, strict=True)]
        if decoder.ended.all():
            break
    texts = [given[:length] + text[len(given) :] for text in written]
    return [Text(text, name) for text, name in zip(texts, sampler.labels, strict=True) if text]


def generate_drawings(
    model: SequenceModel,
    representation: DrawingRepresentation,
    *,
    count: int,
    length: int | None = None,
    variance: Variance = AS_TRAINED,
    seed: int = 0,
    begin: Drawing | None = None,
    label: str = "",
    ends: tuple[Drawing, Drawing] | None = None,
    whole: FloatArray | None = None,
) -> list[Drawing]:
    """Whole drawings, in the units of the material.

    Args:
        model: is used as it is.
        representation: of the model.
        count: how many drawings.
        length: at most how many points, those of the beginning included; None: as many as the longest of the material,
            and more after a long beginning.
        variance: how much chance.
        seed: not negative.
        begin: what all of them begin with; it stays where it is.
        label: what they shall show, see `Sampler`.
        ends: two drawings, where they shall lead from the one to the other.
        whole: g ``[G]`` of them, see `Sampler`.

    Raises:
        StudioError: nothing was learned under that label, or see `Sampler`.
    """
    beginning, origin = (None, None) if begin is None else representation.encode_beginning(begin)
    given = 0 if beginning is None else len(beginning)
    length = representation.length_after(given) if length is None else length
    _check_room(model, count, length)
    decoder = representation.decoder(count)
    decoder.start(origin)
    encoded = None if ends is None else (representation.encode(ends[0]), representation.encode(ends[1]))
    sampler = Sampler(model, count, seed, beginning, label, encoded, whole)
    chunks, times = [], []
    for chunk in _chunks(sampler, length, variance):
        chunks.append(decoder.points(chunk, sampler.times))
        times.append(sampler.times)
        if decoder.ended.all():
            break
    return representation.drawings(np.concatenate(chunks), _joined(times), sampler.labels)


def generate_any(model: SequenceModel, representation: AnyRepresentation, **wanted: Any) -> list[Any]:
    """Whole pieces of whatever the representation is of; see `generate_drawings`, `generate_texts`, `generate_sounds`.

    Args:
        model: is used as it is.
        representation: of the model.
        wanted: what the three have in common: count, length, variance, seed, begin, label, whole.

    Raises:
        StudioError: see there.
    """
    if isinstance(representation, DrawingRepresentation):
        return generate_drawings(model, representation, **wanted)
    if isinstance(representation, CharacterRepresentation):
        return generate_texts(model, representation, **wanted)
    sounds: Any = representation
    return generate_sounds(model, sounds, **wanted)


def _joined(times: list[FloatArray | None]) -> FloatArray | None:
    known = [chunk for chunk in times if chunk is not None]
    return np.concatenate(known) if known else None
