"""The status bar: the last thing that happened, and work in the background with its progress."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QStatusBar, QWidget

from studio.sequences.materials import counted
from studio.ui.theme import STEP
from studio.ui.widgets import ElidedLabel, label, row, spread, tool_button
from studio.workbench import Job, Workbench

MOST_MESSAGES = 3  # refusals of one job that are told; the details have all


class Status(QStatusBar):
    """Listens to jobs; messages come in by `say`."""

    problems = Signal(str, str)  # a sentence for the banner, and details

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._shown: int | None = None
        self._told: set[int] = set()
        self.text = ElidedLabel("Ready", role="small")
        self._title = label("", "small")
        self._bar = QProgressBar()
        self._bar.setFixedWidth(160)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        cancel = tool_button("close", "Cancel")
        cancel.clicked.connect(self._cancel)
        cancel.setFixedSize(20, 20)
        self._work = spread(row(self._title, self._bar, cancel))
        self._work.hide()
        self.setSizeGripEnabled(False)
        self.setContentsMargins(STEP, 0, STEP, 0)
        self.addWidget(self.text, 1)
        self.addPermanentWidget(self._work)
        workbench.job_changed.connect(self.show_job)

    def say(self, sentence: str) -> None:
        """Show one sentence until the next."""
        self.text.setText(sentence)

    def show_job(self, job: Job) -> None:
        """Show the progress of a job, and at its end what came of it."""
        if job.finished:
            self._end(job)
            running = [other for other in self._workbench.jobs() if not other.finished and other.id != job.id]
            if not running:
                self._shown = None
                self._work.hide()
                return
            job = running[-1]
        self._shown = job.id
        self._title.setText(job.title)
        self._bar.setRange(0, job.total)
        self._bar.setValue(job.done)
        self._work.show()

    def _end(self, job: Job) -> None:
        if job.id in self._told:
            return
        self._told.add(job.id)
        if job.error:
            self.problems.emit(job.error, job.details)
        elif job.messages:
            self.problems.emit(_summary(job.messages), "\n".join(job.messages))
        outcome = "" if job.error else _outcome(job, {item.id: item.kind for item in self._workbench.materials()})
        if outcome:
            self.say(outcome)

    def _cancel(self) -> None:
        if self._shown is not None:
            self._workbench.cancel(self._shown)


def _outcome(job: Job, kinds: Mapping[int, str]) -> str:
    """What a job has brought, in one sentence, given the kinds of the material there is."""
    if job.cancelled:
        return f"{job.title[:1].upper()}{job.title[1:]}: cancelled."
    found = job.result if isinstance(job.result, tuple) else ()
    if found and all(isinstance(path, Path) for path in found):
        return f"Wrote {found[0]}." if len(found) == 1 else f"Wrote {len(found):,} files to {found[0].parent}."
    what = counted(len(found), {kinds[id] for id in found if id in kinds})
    if job.title == "trim silence":
        return f"Trimmed {what}; Undo brings the silence back." if found else "There was no silence to trim."
    if job.title == "split at pauses":
        return f"Split into {what}." if len(found) > 1 else "There are no pauses to split at."
    return f"Added {what}." if found and all(isinstance(id, int) for id in found) else ""


def _summary(messages: tuple[str, ...]) -> str:
    text = "\n".join(messages[:MOST_MESSAGES])
    more = len(messages) - MOST_MESSAGES
    return f"{text}\nand {more:,} more." if more > 0 else text
