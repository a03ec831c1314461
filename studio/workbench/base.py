"""What all parts of the workbench share: the open project, signals, jobs."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from psygnal import Signal

from studio.errors import StudioError
from studio.models import compiling
from studio.models.libraries import load_libraries
from studio.project.database import Note
from studio.project.file import Project
from studio.project.places import Places
from studio.workbench.garbage import kept_for_good, loading
from studio.workbench.jobs import Jobs
from studio.workbench.state import Job, TrainingState

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.02

COMPILING = "Training speeds up once the studio has been compiled for this computer: about half a minute, this once."


class Base:
    """Signals are emitted by `poll` alone, on the thread that calls it, whatever thread caused them."""

    project_changed = Signal()  # another project is open, or its name changed
    materials_changed = Signal()  # the collection, a label, undo or redo
    recipes_changed = Signal()
    runs_changed = Signal()
    training_changed = Signal(TrainingState)
    training_event = Signal(object)  # TrainingEvent, at most one Progress per poll: the newest
    job_changed = Signal(Job)
    weights_changed = Signal(int)  # newer weights of run N can be drawn with
    latent_share_changed = Signal(int)  # it was measured what z of run N decides
    message = Signal(str)  # one sentence for the status bar
    file_changed = Signal(str)  # one sentence: the open file was renamed, deleted, replaced or taken over
    failed = Signal(str, str)  # one sentence for a dialog or stderr; details, "" where there are none
    ready_changed = Signal()  # `ready` became true

    def __init__(self, folder: Path | None = None, *, remember: bool = True) -> None:
        """
        Args:
            folder: where untitled projects and the list of recent ones are kept; None: the platform's place.
            remember: whether projects that are opened join that list.
        """
        self._places = Places(folder)
        self._remember = remember
        self._open_project: Project | None = None
        self.times_opened = 0  # projects so far: another number is another project
        self._jobs = Jobs(self.job_changed.emit, self.failed.emit)
        self._marked: set[str] = set()
        self._sentences: list[str] = []
        self.why_ended = ""  # why the file that was opened is not worked on any more, for those who are not asked
        self._ready = False
        self._loading: threading.Thread | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a project at all."""
        return self._open_project is not None

    @property
    def read_only(self) -> bool:
        """Whether the project can only be looked at."""
        return self._open_project is not None and self._open_project.read_only

    @property
    def why_read_only(self) -> str:
        """Why it can only be looked at, in a sentence; "" where it can be changed."""
        return "" if self._open_project is None else self._open_project.why_read_only

    # Time passes.

    def poll(self) -> None:
        """Emit everything that happened since the last call. To be called 20-30 times a second, from one thread."""
        if self._open_project is not None:
            for note in self._open_project.keep_claim():
                self._hear_of_file(note)
        self._jobs.poll()
        self._poll_parts()
        marked, self._marked = self._marked, set()
        for name in sorted(marked):
            getattr(self, name).emit()
        sentences, self._sentences = self._sentences, []
        for sentence in sentences:
            self.message.emit(sentence)

    def load_in_background(self) -> None:
        """Import torch and what else takes long in a thread, while the user looks."""
        if self._loading is None:
            self._loading = threading.Thread(target=self._load, name="loading", daemon=True)
            self._loading.start()

    @property
    def ready(self) -> bool:
        """Whether that is done."""
        return self._ready

    def _load(self) -> None:
        try:
            with compiling.lock:  # or a training begun meanwhile would compile in this process, and the window stutter
                self._load_all()
        except Exception:  # whoever needs it next says so to the user
            _log.exception("loading in the background failed")
            self._now_ready()

    def _load_all(self) -> None:
        load_libraries()
        with kept_for_good():
            import studio.files.readers
            import studio.files.writers
            import studio.generation.sampler
            import studio.training.trainer  # noqa: F401
            from studio.generation.prepare import prepare
            from studio.training.devices import warm_up

            warm_up()
        self._now_ready()
        with loading():
            prepare(lambda: self._say(COMPILING))

    def _now_ready(self) -> None:
        self._ready = True
        self._mark("ready_changed")

    # Jobs.

    def jobs(self) -> tuple[Job, ...]:
        """Those running now."""
        return self._jobs.running()

    def job(self, id: int) -> Job:
        """A job as it stands now."""
        return self._jobs.get(id)

    def cancel(self, id: int) -> None:
        """Ask a job to end; what it has not finished is dropped."""
        self._jobs.cancel(id)

    def wait(self, job: Job) -> Job:
        """Poll until a job has ended, for those who have no timer.

        Raises:
            StudioError: where it failed as a whole.
        """
        while not (job := self.job(job.id)).finished:
            time.sleep(_POLL_SECONDS)
            self.poll()
            if self.why_ended and not self.job(job.id).finished:
                raise StudioError(self.why_ended)
        if job.error:
            raise StudioError(job.error)
        return job

    # For the parts.

    def _hear_of_file(self, note: Note) -> None:
        """Tell what became of the project's file while it is open."""
        if note.ends:
            self.why_ended = note.sentence
        self.file_changed.emit(note.sentence)
        self._mark("project_changed", "materials_changed", "runs_changed")

    def _poll_parts(self) -> None:
        """What parts do on every poll."""

    def _close_parts(self) -> None:
        """What parts do before the project is closed."""

    def _forget(self) -> None:
        """What parts do once another project is open, or none."""

    def _mark(self, *signals: str) -> None:
        """Have signals emitted by the next poll, each once."""
        self._marked.update(signals)

    def _say(self, sentence: str) -> None:
        """Have a sentence shown by the next poll."""
        self._sentences.append(sentence)

    @property
    def _project(self) -> Project:
        if self._open_project is None:
            raise StudioError("No project is open: create one, or open one.")
        return self._open_project
