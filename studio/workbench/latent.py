"""Whether the latent variance of a run moves anything: measured once for its weights, and kept beside them."""

from __future__ import annotations

import logging
from typing import Any, Literal, TypeAlias

from studio.errors import StudioError
from studio.training.events import Sample
from studio.workbench.generation import GenerationPart
from studio.workbench.jobs import Cancelled, Task
from studio.workbench.state import Job, Weights
from studio.workbench.weights import Kept

_log = logging.getLogger(__name__)

LEAST_SHARE = 0.1  # of what varies: where the latent variables decide less, moving their variance shows nothing
_FACT = "latent_share"  # in what belongs to a checkpoint
Part: TypeAlias = Literal["latent", "whole", "step"]  # all that the latent variance scales, g alone, or z alone
Shares: TypeAlias = dict[str, float]  # by part


_WHO: dict[Part, tuple[str, str, str]] = {
    "latent": ("The latent variables of this run decide", "their", "the output variance does"),
    "whole": ("g, which this run draws once for a whole piece, decides", "its", "that of z or of the output does"),
    "step": ("z, which this run draws with each step, decides", "its", "that of g or of the output does"),
}


class LatentPart(GenerationPart):
    """It measures weights that are kept; those of a training that goes on change all the time."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._shares: dict[tuple[int, Kept], Shares] = {}  # where the project can only be looked at, all there is
        self._measured: set[tuple[int, Kept]] = set()  # or begun to be: once is enough, also where it failed

    def has_whole(self, run: int | None = None) -> bool:
        """Whether the model of a run draws g, a latent variable of the whole piece, whose variance is one of its own.

        Args:
            run: None: the newest with weights.

        Raises:
            StudioError: there is no such run.
        """
        found = self.newest_run() if run is None else self.run(run)
        return found is not None and found.recipe.model.draws_whole

    def latent_share(self, run: int | None = None, weights: Weights = None, part: Part = "latent") -> float | None:
        """What the latent variables decide of all that varies in what a run generates; None where nobody knows yet.

        Args:
            run: None: the newest with weights.
            weights: which of the run's.
            part: which of the latent variables.
        """
        found = self._kept_weights(run, weights)
        if found is None:
            return None
        id, kept = found
        if (id, kept) in self._shares:
            return self._shares[id, kept].get(part)
        fact = self._project.runs.checkpoint_meta(id, _row(kept)).get(_fact(part))
        return float(fact) if isinstance(fact, int | float) and not isinstance(fact, bool) else None

    def measure_latent_share(self, run: int | None = None, weights: Weights = None) -> Job | None:
        """Measure it and keep it with the weights; the job's result is the share, None where it could not be measured.

        Returns:
            None where there is nothing to measure: no latent variable, a training that goes on, or it is known, or
            being measured.
        """
        found = self._kept_weights(run, weights)
        if found is None or found in self._measured or not self.has_latent(found[0]):
            return None
        asked: Part = "whole" if self.has_whole(found[0]) else "latent"  # older studios did not measure the parts
        if self.latent_share(run, weights, asked) is not None:
            return None
        self._measured.add(found)
        id, kept = found
        return self._jobs.start(
            "see what z decides",
            lambda task: self._measured_share(task, id, weights),
            lambda shares: self._note(id, kept, shares),
        )

    def why_latent_does_nothing(self, run: int | None = None, weights: Weights = None, part: Part = "latent") -> str:
        """Why moving the latent variance shows nothing, in a sentence; "" where it does, or nobody knows yet.

        Args:
            run: None: the newest with weights.
            weights: which of the run's.
            part: all of it, or its share in g or in z alone.
        """
        if not self.has_latent(run):
            return "This model has no latent variable: all chance is in its output."
        if part == "whole" and not self.has_whole(run):
            return "This model draws no latent variable g of the whole piece: its latent variance is that of each step."
        share = self.latent_share(run, weights, part)
        if share is None or share >= LEAST_SHARE:
            return ""
        who, its, others = _WHO[part]
        return (
            f"{who} only {share:.0%} of what varies in its samples, so {its} variance moves next to nothing: {others}."
        )

    # Inside.

    def _kept_weights(self, run: int | None, weights: Weights) -> tuple[int, Kept] | None:
        if not self.is_open or self.why_not_generate(run):
            return None
        info = self._chosen(run)
        try:
            found = None if info is None else self._found_weights(info.id, weights)
        except StudioError:
            return None
        return None if info is None or isinstance(found, Sample | None) else (info.id, found)

    def _measured_share(self, task: Task, run: int, weights: Weights) -> Shares | None:
        from studio.generation.latent_share import latent_share

        try:
            loaded = self._load_model(run, weights)
            found = latent_share(loaded.model, loaded.representation, between=task.stop_if_cancelled)
            return {"latent": found.share, **found.parts}
        except Cancelled:
            raise
        except StudioError as error:  # the project was closed meanwhile
            _log.info("What z decides in run %d was not measured: %s", run, error)
            return None
        except Exception:  # nobody has asked for it: the slider stays as it is
            _log.exception("what z decides in run %d could not be measured", run)
            return None

    def _note(self, run: int, kept: Kept, shares: Shares | None) -> float | None:
        if shares is None:
            return None
        if self.is_open:
            self._shares[run, kept] = shares
            if not self.read_only:
                facts = {_fact(part): share for part, share in shares.items()}
                self._project.runs.note(run, _row(kept), kept.step, facts)
            self.latent_share_changed.emit(run)
        return shares["latent"]

    def _forget(self) -> None:
        super()._forget()
        self._shares.clear()
        self._measured.clear()


def _fact(part: str) -> str:
    """Under which name a share is kept."""
    return _FACT if part == "latent" else f"{_FACT}_{part}"


def _row(kept: Kept) -> str:
    """The kind under which the project keeps these weights."""
    return f"step {kept.step}" if kept.kind == "step" else kept.kind
