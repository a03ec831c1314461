"""Whether the latent variance of a run moves anything: measured once for its weights, and kept beside them."""

from __future__ import annotations

import logging
from typing import Any

from studio.errors import StudioError
from studio.training.events import Sample
from studio.workbench.generation import GenerationPart
from studio.workbench.jobs import Cancelled, Task
from studio.workbench.state import Job, Weights
from studio.workbench.weights import Kept

_log = logging.getLogger(__name__)

LEAST_SHARE = 0.1  # of what varies: where the latent variables decide less, moving their variance shows nothing
_FACT = "latent_share"  # in what belongs to a checkpoint


class LatentPart(GenerationPart):
    """It measures weights that are kept; those of a training that goes on change all the time."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._shares: dict[tuple[int, Kept], float] = {}  # where the project can only be looked at, all there is
        self._measured: set[tuple[int, Kept]] = set()  # or begun to be: once is enough, also where it failed

    def latent_share(self, run: int | None = None, weights: Weights = None) -> float | None:
        """What the latent variables decide of all that varies in what a run generates; None where nobody knows yet.

        Args:
            run: None: the newest with weights.
            weights: which of the run's.
        """
        found = self._kept_weights(run, weights)
        if found is None:
            return None
        id, kept = found
        share = self._shares.get((id, kept))
        if share is None:
            fact = self._project.runs.checkpoint_meta(id, _row(kept)).get(_FACT)
            share = float(fact) if isinstance(fact, int | float) and not isinstance(fact, bool) else None
        return share

    def measure_latent_share(self, run: int | None = None, weights: Weights = None) -> Job | None:
        """Measure it and keep it with the weights; the job's result is the share, None where it could not be measured.

        Returns:
            None where there is nothing to measure: no latent variable, a training that goes on, or it is known, or
            being measured.
        """
        found = self._kept_weights(run, weights)
        if found is None or found in self._measured or not self.has_latent(found[0]):
            return None
        if self.latent_share(run, weights) is not None:
            return None
        self._measured.add(found)
        id, kept = found
        return self._jobs.start(
            "see what z decides",
            lambda task: self._measured_share(task, id, weights),
            lambda share: self._note(id, kept, share),
        )

    def why_latent_does_nothing(self, run: int | None = None, weights: Weights = None) -> str:
        """Why moving the latent variance shows nothing, in a sentence; "" where it does, or nobody knows yet."""
        if not self.has_latent(run):
            return "This model has no latent variable: all chance is in its output."
        share = self.latent_share(run, weights)
        if share is None or share >= LEAST_SHARE:
            return ""
        return (
            f"The latent variables of this run decide only {share:.0%} of what varies in its samples, so their "
            "variance moves next to nothing: the output variance does."
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

    def _measured_share(self, task: Task, run: int, weights: Weights) -> float | None:
        from studio.generation.latent_share import latent_share

        try:
            loaded = self._load_model(run, weights)
            return latent_share(loaded.model, loaded.representation, between=task.stop_if_cancelled).share
        except Cancelled:
            raise
        except Exception:  # nobody has asked for it: the slider stays as it is
            _log.exception("what z decides in run %d could not be measured", run)
            return None

    def _note(self, run: int, kept: Kept, share: float | None) -> float | None:
        if share is not None and self.is_open:
            self._shares[run, kept] = share
            if not self.read_only:
                self._project.runs.note(run, _row(kept), kept.step, {_FACT: share})
            self.latent_share_changed.emit(run)
        return share

    def _forget(self) -> None:
        super()._forget()
        self._shares.clear()
        self._measured.clear()


def _row(kept: Kept) -> str:
    """The kind under which the project keeps these weights."""
    return f"step {kept.step}" if kept.kind == "step" else kept.kind
