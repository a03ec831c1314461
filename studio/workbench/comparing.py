"""Comparing runs: one table, measured on the same material in the same units, and samples from the same seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError
from studio.models.naming import model_name, model_size
from studio.project.records import MaterialItem
from studio.sequences.materials import Material, counted
from studio.workbench.comparison import NAMES, Comparison, Row, values
from studio.workbench.generation import ends_of
from studio.workbench.jobs import Task
from studio.workbench.looking import LookingPart
from studio.workbench.state import GenerationSettings, Job, RunInfo, Weights

if TYPE_CHECKING:
    from studio.evaluation.bounds import Bound

SAMPLES = 4  # of each run
SAMPLE_SECONDS = 2.0  # of a recording that has no end
SAMPLE_LETTERS = 200  # of a text that has none


class ComparingPart(LookingPart):
    """It works while a training goes on, and with the run being trained, too."""

    def described(self, run: int) -> Row:
        """What is known of a run without any computing."""
        info = self.run(run)
        step = None if info.status == "training" else info.used_step
        return Row(info, model_name(info.recipe.model), model_size(info.recipe.model), step)

    def why_not_compare(self, runs: Sequence[int]) -> str:
        """Why these runs cannot be compared, in a sentence; "" where they can."""
        if self._open_project is None:
            return "No project is open: create one, or open one."
        if not self.runs():
            return "Nothing has been learned yet: train first."
        if not runs:
            return "Choose the runs that are to be compared."
        return next((why for run in runs if (why := self.why_not_generate(run))), "")

    def compare(
        self,
        runs: Sequence[int] | None = None,
        *,
        seed: int = 1234,
        samples: int = SAMPLES,
        weights: Weights = None,
    ) -> Comparison:
        """Measure runs on the same material, and let them generate from the same seed.

        Args:
            runs: None: all that have weights.
            seed: of the samples.
            samples: how many of each run; 0: none.
            weights: which of each run's.

        Returns:
            what is filled by its ``job``.

        Raises:
            StudioError: see `why_not_compare`, `check_weights`.
        """
        chosen = [run.id for run in self.runs() if run.has_weights] if runs is None else list(dict.fromkeys(runs))
        if why := self.why_not_compare(chosen):
            raise StudioError(why)
        for id in chosen:
            self.check_weights(id, weights)
        found = Comparison({id: self.described(id) for id in chosen}, {}, {}, seed, weights)

        def work(task: Task) -> Comparison:
            self._compare(task, found, samples)
            return found

        found.job = self._jobs.start("compare", work)
        return found

    def export_comparison(
        self, comparison: Comparison, path: Path, *, dark: bool = False, zoom: float | None = None
    ) -> Job:
        """Write a comparison: .csv for the table, .png or .svg for the table with the samples below it.

        Args:
            comparison: to write.
            path: of the file.
            dark: a picture on slate instead of paper.
            zoom: in a picture, seconds around the loudest place of each recording, shown once more.

        Returns:
            a job whose result is the paths written.

        Raises:
            StudioError: another ending.
        """
        ending = path.suffix.lower()
        if ending not in COMPARISON_ENDINGS:
            raise StudioError(f"{path.name}: a comparison can be written as {', '.join(COMPARISON_ENDINGS)}.")
        title = f"{self._project.path.stem}: runs compared"

        def write(task: Task) -> tuple[Path, ...]:
            from studio.files.tables import to_csv
            from studio.files.writers import write_page
            from studio.workbench.comparison_picture import picture

            rows = list(comparison.rows.values())
            if ending == ".csv":
                data = to_csv(NAMES, [list(values(row).values()) for row in rows])
            else:
                sheet = picture(comparison, title, dark=dark, zoom=zoom)
                data = sheet.to_svg() if ending == ".svg" else sheet.to_png()
            return write_page(data, path)

        return self._jobs.start("export", write)

    # Inside.

    def _compare(self, task: Task, found: Comparison, samples: int) -> None:
        total, done = len(found.rows) * (2 if samples else 1), 0
        kinds = {row.run.recipe.material: None for row in found.rows.values()}
        for kind in kinds:
            runs = [id for id, row in found.rows.items() if row.run.recipe.material == kind]
            items, materials, found.on[kind] = self._same_material(runs)
            found.real[kind] = tuple(materials[:SAMPLES])
            for id in runs:
                task.progress(done, total)
                self._measure(task, found, id, items, materials)
                self._judge(found, runs)
                done += 1
        for id in found.rows if samples else ():
            task.progress(done, total)
            made = self._samples(task, found, found.rows[id].run, samples)
            found.rows[id] = replace(found.rows[id], samples=made)
            done += 1
        task.progress(total, total)

    def _same_material(self, runs: Sequence[int]) -> tuple[list[MaterialItem], list[Material], str]:
        """What all of these runs are measured on, as items of the collection where it is such, and in words."""
        kind = self.run(runs[0]).recipe.material
        back = [set(self._project.runs.get(run).held_back) for run in runs]
        items = self.materials(kind)
        common = [item for item in items if all(item.id in ids for ids in back)]
        if common:
            return common, [item.material for item in common], _held_back_words(len(common), kind, len(runs))
        some = [item for item in items if any(item.id in ids for ids in back)]
        if some:
            words = f"the {counted(len(some), (kind,))} that any of these runs held back: none was held back by all"
            return some, [item.material for item in some], words
        materials, words = self._measured_on(self.run(runs[0]), None)
        return [], list(materials), words

    def _measure(
        self, task: Task, found: Comparison, run: int, items: Sequence[MaterialItem], materials: list[Material]
    ) -> None:
        from studio.evaluation.bounds import elbo
        from studio.evaluation.comparing import measure_of
        from studio.evaluation.unrepresented import unrepresented
        from studio.sequences.representations import encoded

        loaded = self._load_model(run, found.weights)
        representation = loaded.representation
        sequences = [encoded(representation, material) for material in materials]
        if not items and all(self._holds_ends_back(id) for id in self._beside(found, run)):
            sequences = ends_of(sequences)
        bound = elbo(
            loaded.model,
            sequences,
            nats_per_frame_offset=representation.nats_per_frame_offset,
            units=representation.units,
            beside=unrepresented(representation, materials, sequences).nats,
            before_chunk=task.stop_if_cancelled,
        )
        held_back = set(self._project.runs.get(run).held_back)
        found.rows[run] = replace(
            found.rows[run],
            run=self.run(run),
            step=loaded.step,
            parameters=sum(parameter.numel() for parameter in loaded.model.parameters()),
            seconds=self._seconds_of(run),
            bound=bound,
            bits=_bits(representation, bound),
            learned_from=sum(item.id not in held_back for item in items),
            measure=measure_of(representation, [len(sequence) for sequence in sequences]),
        )

    def _beside(self, found: Comparison, run: int) -> list[int]:
        """The runs that are compared with this one."""
        kind = found.rows[run].run.recipe.material
        return [id for id, row in found.rows.items() if row.run.recipe.material == kind]

    def _judge(self, found: Comparison, runs: Sequence[int]) -> None:
        """Say of each run whether it can be compared with the others of its kind."""
        from studio.evaluation.comparing import reference, why_not_compared

        usual = reference([row.measure for id in runs if (row := found.rows[id]).measure is not None and row.measure])
        for id in runs:
            row = found.rows[id]
            if row.measure is None or usual is None:
                continue
            why, whole = why_not_compared(row.measure, usual)
            notes = [why] if why else []
            if row.learned_from:
                notes.append(f"it has learned from {row.learned_from} of what it was measured on")
            found.rows[id] = replace(row, note="; ".join(notes), per_frame=not why, per_sequence=whole)

    def _seconds_of(self, run: int) -> float | None:
        if not self._project.runs.checkpoint_steps(run):  # it is being trained, and was not saved yet
            return None
        stored = self._project.runs.checkpoint_meta(run, "last", "best")
        seconds = stored.get("seconds")
        return float(seconds) if isinstance(seconds, int | float) and math.isfinite(seconds) else None

    def _samples(self, task: Task, found: Comparison, run: RunInfo, count: int) -> tuple[Material, ...]:
        kind = run.recipe.material
        preset = run.recipe.generation
        settings = GenerationSettings(
            count=count,
            seed=found.seed,
            run=run.id,
            weights=found.weights,
            seconds=SAMPLE_SECONDS if kind in ("audio", "roll") else None,
            length=SAMPLE_LETTERS if kind == "text" else None,
            latent_variance=preset.latent_variance,
            whole_variance=preset.whole_variance,
            output_variance=preset.output_variance,
        )
        return self._maker(run, settings)(task)


COMPARISON_ENDINGS = (".csv", ".png", ".svg")


def _held_back_words(count: int, kind: str, runs: int) -> str:
    whose = "the run" if runs == 1 else "both runs" if runs == 2 else f"all {runs} runs"
    return f"the {counted(count, (kind,))} that {whose} held back"


def _bits(representation: Any, bound: Bound) -> tuple[float, str]:
    """Bits of the smallest thing that the representation knows of."""
    nats = -bound.per_frame.mean
    for name, unit in (("bits_per_sample", "per sample"), ("bits_per_character", "per character")):
        if hasattr(representation, name) and (value := getattr(representation, name)(nats)) is not None:
            return float(value), unit
    return nats / math.log(2), "per frame"
