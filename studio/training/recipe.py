"""Recipes: everything that decides how a model is made and trained, as one validated, commented TOML file.

No torch here: the window shows recipes before torch has loaded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from studio.errors import StudioError
from studio.models.settings import AnyModelSettings, VRNNSettings
from studio.sequences.materials import Kind
from studio.sequences.pen import PenSettings
from studio.sequences.representations import AnySettings, kind_described
from studio.sequences.varied_drawings import VariationSettings
from studio.settings import Count, NotNegative, Positive, Settings, Share, Widths, about, explanation, tag

# Tables that may be of several kinds, and which kind they usually are.
KINDS = {"representation": AnySettings, "model": AnyModelSettings}
USUAL_KINDS = {"representation": "pen", "model": "vrnn"}
KIND_PATHS = tuple(f"{table}.kind" for table in KINDS)


class ObjectiveSettings(Settings, frozen=True):
    """What is minimised: negative log likelihood + KL, or squared error + w KL, with the usual helps."""

    kind: Annotated[
        Literal["likelihood", "mse"],
        about("likelihood: the negative bound; mse: squared error with a KL weight that adapts, for a shared_sigma"),
    ] = "likelihood"
    kl_ratio: Annotated[
        Positive, about("for mse: the weighted KL term is kept near so many times the squared error")
    ] = 0.1
    kl_start: Annotated[NotNegative, about("weight of the KL term at the beginning")] = 1.0
    kl_annealing: Annotated[Share, about("share of the training over which that weight goes to 1")] = 0.0
    free_nats: Annotated[
        NotNegative, about("KL up to this many nats per frame, averaged over the batch, costs nothing")
    ] = 0.01
    whole_annealing: Annotated[
        Share, about("share of the training over which the weight of the whole piece's KL rises to 1")
    ] = 0.0
    outline: Annotated[
        NotNegative,
        about("weight of an extra task, telling the line of a drawing from its latent variable g; dropped afterwards"),
    ] = 0.0
    pull: Annotated[
        NotNegative,
        about("weight of half the squared error beside the likelihood, so that means are learned where sigma is large"),
    ] = 0.0
    dropout: Annotated[
        float, Meta(ge=0, lt=1), about("share of the units of h that the decoder does not see, others each time")
    ] = 0.0
    look_ahead: Annotated[
        NotNegative, about("weight of an extra task, predicting far positions from h, dropped after training")
    ] = 0.2
    look_ahead_frames: Annotated[Widths, about("how many frames ahead that task looks")] = (4, 8, 16, 32, 64)
    latent_look_ahead: Annotated[
        NotNegative, about("at first, weight of that task for predictions from h and z, so that z is made use of")
    ] = 0.0
    latent_look_ahead_until: Annotated[
        Share, about("share of the training after which that weight is 0; it falls from a sixth of this on")
    ] = 0.3
    input_noise: Annotated[
        NotNegative,
        about("standard deviation of noise on the positions that the model sees in training, in position units"),
    ] = 0.02
    input_noise_fade: Annotated[
        Share, about("share of the training, at its end, over which that noise fades to nothing")
    ] = 0.5
    random_stretch: Annotated[
        Share,
        about(
            "largest share by which width and height of a drawing are changed each time it is trained on; "
            "traces without end are left alone"
        ),
    ] = 0.05
    random_rotation: Annotated[
        float,
        Meta(ge=0, le=180),
        about("largest angle, in degrees, by which a drawing is turned each time; traces without end are left alone"),
    ] = 4.0


class TrainingSettings(Settings, frozen=True):
    """How it is minimised."""

    batches: Annotated[
        Literal["streams", "similar", "whole", "windows", "varied"],
        about(
            "streams: each goes through one sequence after another, window by window; similar: sequences of about the "
            "same length side by side, for material of short pieces; whole: likewise, each in one piece, however long; "
            "windows: short ones from anywhere, each for itself; varied: whole drawings, each varied anew"
        ),
    ] = "streams"
    base: Annotated[
        Literal["none", "pens"],
        about("weights that came with the studio, trained beforehand, which a training begins with; none: random ones"),
    ] = "none"
    steps: Annotated[Count, about("updates of the weights")] = 1500
    batch: Annotated[Count, about("sequences trained on at a time")] = 16
    window: Annotated[Count, about("frames between updates; the state is carried on from window to window")] = 128
    optimiser: Annotated[Literal["adam", "adamw"], about("Adam, or Adam with decoupled weight decay")] = "adam"
    learning_rate: Annotated[Positive, about("its largest value")] = 6e-3
    betas: Annotated[tuple[Share, Share], about("decay of the optimiser's two running means")] = (0.9, 0.99)
    weight_decay: Annotated[NotNegative, about("for adamw")] = 0.0
    schedule: Annotated[Literal["constant", "cosine"], about("course of the rate after the warm-up")] = "cosine"
    warm_up: Annotated[Share, about("share of the steps over which the learning rate rises from 0")] = 0.03
    final_learning_rate: Annotated[Share, about("share of the learning rate that the cosine ends with")] = 0.03
    clip: Annotated[NotNegative, about("largest norm of the gradient, clipped before the update; 0: no limit")] = 1.0
    average: Annotated[
        Share, about("decay of the running average of the weights that samples are drawn with; 0: none")
    ] = 0.995
    average_from: Annotated[Share, about("share of the steps after which averaging begins")] = 0.5
    validation: Annotated[Share, about("share of the material held back to measure progress")] = 0.1
    validate_every: Annotated[Count, about("steps between validations")] = 100
    patience: Annotated[
        int, Meta(ge=0), about("validations without improvement after which training stops early; 0: never")
    ] = 0
    weights: Annotated[
        Literal["best", "last"],
        about(
            "which weights are used after the training, unless others are asked for: best: those that did best on what "
            "is held back; last: those it ended with, but the best where it stopped early"
        ),
    ] = "last"
    save_seconds: Annotated[Positive, about("longest work, in seconds, that a crash can cost")] = 30.0
    snapshots: Annotated[
        int, Meta(ge=0), about("weights kept from along the way, to look inside the model as it learns; 0: none")
    ] = 16


class GenerationPreset(Settings, frozen=True):
    """Where the variance controls begin."""

    latent_variance: Annotated[NotNegative, about("scale of the prior's sigma to begin with; 1: as trained")] = 1.0
    output_variance: Annotated[NotNegative, about("likewise of the output's own")] = 1.0
    whole_factor: Annotated[
        NotNegative,
        about("how many times latent_variance g is given, the latent variable of the whole piece; 1: the same"),
    ] = 1.0

    @property
    def whole_variance(self) -> float:
        """Of g."""
        return self.latent_variance * self.whole_factor


class Recipe(Settings, frozen=True):
    """A whole recipe."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$"), about("short name, as used by --recipe")]
    title: Annotated[str, about("name shown to the user")]
    summary: Annotated[str, about("one sentence on what it is good for")] = ""
    group: Annotated[str, about("heading under which it is listed; none: among the first")] = ""
    representation: Annotated[AnySettings, about("how material becomes frames")] = PenSettings()
    model: Annotated[AnyModelSettings, about("the network")] = VRNNSettings()
    objective: Annotated[ObjectiveSettings, about("what is minimised")] = ObjectiveSettings()
    variation: Annotated[VariationSettings, about("how drawings are varied, for training.batches varied")] = (
        VariationSettings()
    )
    training: Annotated[TrainingSettings, about("how it is minimised")] = TrainingSettings()
    generation: Annotated[GenerationPreset, about("how much chance new sequences are given")] = GenerationPreset()

    @classmethod
    def from_toml(cls, text: str, source: str = "recipe") -> Recipe:
        """Read and validate a recipe.

        Raises:
            StudioError: names the source, the setting and what was expected of it.
        """
        try:
            return cls.from_tree(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise StudioError(f"{source} is not a TOML file: {error}.") from error
        except msgspec.ValidationError as error:
            raise StudioError(f"{source}: {_readable(error)}.") from error

    @classmethod
    def from_tree(cls, tree: Any) -> Recipe:
        """The recipe that tables of plain values describe.

        A representation of no named kind is that of pens, a model of no named kind a VRNN.

        Raises:
            msgspec.ValidationError: where they describe none.
        """
        if isinstance(tree, Mapping):
            for table, usual in USUAL_KINDS.items():
                described = tree.get(table, {})
                if isinstance(described, Mapping):
                    tree = {**tree, table: {"kind": usual, **described}}
        return msgspec.convert(tree, cls)

    @property
    def material(self) -> Kind:
        """The kind of material that it is for."""
        return kind_described(self.representation)

    def to_toml(self) -> str:
        """The recipe as a TOML file with a comment before every setting; `from_toml` reads it back unchanged."""
        return "\n".join(_toml_lines(self, "")).strip() + "\n"

    def changed(self, settings: Mapping[str, Any]) -> Recipe:
        """A copy with some settings replaced.

        Args:
            settings: values (or their TOML text, as typed after ``--set``) by name: the full path
                ``"training.learning_rate"``, or the last part of it where that is unambiguous.

        Raises:
            StudioError: for an unknown or ambiguous name, or a value outside its range.
        """
        tree = msgspec.to_builtins(self)
        kinds = {key: value for key, value in settings.items() if key in KIND_PATHS}
        if kinds and len(kinds) < len(settings):  # what other settings there are depends on them
            return self.changed(kinds).changed({key: settings[key] for key in settings if key not in kinds})
        for key, value in settings.items():
            *tables, last = self._path(key).split(".")
            table = tree
            for name in tables:
                table = table[name]
            given = _value(value, table[last]) if isinstance(value, str) else msgspec.to_builtins(value)
            if last == "kind" and tables[-1] in KINDS and given != table[last]:
                tree[tables[-1]] = _of_another_kind(KINDS[tables[-1]], table, given)
            else:
                table[last] = given
        try:
            return msgspec.convert(tree, type(self))
        except msgspec.ValidationError as error:
            raise StudioError(f"That setting cannot be used: {_readable(error)}.") from error

    def _path(self, key: str) -> str:
        paths = [path for path, _, _ in self.settings()]
        if key in paths:
            return key
        matches = [path for path in paths if path.endswith("." + key)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise StudioError(f"The setting {key!r} is ambiguous: write one of {', '.join(matches)}.")
        raise StudioError(f"There is no setting {key!r}; the settings are {', '.join(paths)}.")

    def settings(self) -> Iterator[tuple[str, Any, str]]:
        """Every setting as (path, value, explanation), tables walked in order."""
        return _walk(self, "")


def _of_another_kind(kinds: Any, table: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """Those settings of a table that another kind of it, too, has; the rest is as it usually is."""
    there = next((settings for settings in get_args(kinds) if settings.__struct_config__.tag == kind), None)
    return {"kind": kind, **{name: table[name] for name in getattr(there, "__struct_fields__", ()) if name in table}}


def _walk(table: Struct, prefix: str) -> Iterator[tuple[str, Any, str]]:
    if named := tag(table):
        yield f"{prefix}{named[0]}", named[1], explanation(type(table), named[0])
    for field in table.__struct_fields__:
        value = getattr(table, field)
        if isinstance(value, Struct):
            yield from _walk(value, f"{prefix}{field}.")
        else:
            yield f"{prefix}{field}", value, explanation(type(table), field)


def _toml_lines(table: Struct, prefix: str) -> Iterator[str]:
    tables = []
    if named := tag(table):
        yield f"# {explanation(type(table), named[0])}"
        yield f"{named[0]} = {_toml_value(named[1])}"
    for field in table.__struct_fields__:
        value = getattr(table, field)
        if isinstance(value, Struct):
            tables.append((field, value))
        else:
            yield f"# {explanation(type(table), field)}"
            yield f"{field} = {_toml_value(value)}"
    for field, value in tables:
        yield ""
        yield f"# {explanation(type(table), field)}"
        yield f"[{prefix}{field}]"
        yield from _toml_lines(value, f"{prefix}{field}.")


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, str):
        return msgspec.json.encode(value).decode()  # TOML's basic strings are JSON's, but for rare escapes
    return repr(value)


def _value(text: str, old: Any) -> Any:
    """The value that somebody typed: TOML, or a bare word where a string is expected."""
    if isinstance(old, str):
        return text.strip("\"'")
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # let the validation say what was expected


def _readable(error: msgspec.ValidationError) -> str:
    text = str(error).replace("`", "")
    reason, _, path = text.partition(" - at $.")
    return f"{path}: {reason[0].lower()}{reason[1:]}" if path else reason[0].lower() + reason[1:]
