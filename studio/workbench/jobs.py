"""Work in the background: each job in a thread of its own, its news collected for the thread that polls."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from studio.errors import StudioError
from studio.training.memory import is_out_of_memory
from studio.workbench.state import Job

_log = logging.getLogger(__name__)

T = TypeVar("T")

_REMEMBERED = 20  # ended jobs, which may hold large results


class Cancelled(Exception):
    """Raised inside a job that has been cancelled."""


class Task:
    """A job as seen from inside. Its methods may be called from the job's thread."""

    def __init__(self, job: Job, changed: Callable[[Task], None]) -> None:
        self.job = job
        self._changed = changed
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for it to end."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to end."""
        self._cancelled.set()

    def stop_if_cancelled(self) -> None:
        """To be called in between by what takes long and has nothing to tell.

        Raises:
            Cancelled: where it is to end.
        """
        if self.cancelled:
            raise Cancelled

    def progress(self, done: int, total: int) -> None:
        """Say how far it is.

        Raises:
            Cancelled: where it is to end.
        """
        self.stop_if_cancelled()
        self.update(done=done, total=total)

    def say(self, *sentences: str) -> None:
        """Tell the user something."""
        self.update(messages=self.job.messages + sentences)

    def update(self, **values: Any) -> None:
        """Change the snapshot."""
        self.job = replace(self.job, **values)
        self._changed(self)


class Jobs:
    """All that runs in the background, and what lately ended."""

    def __init__(self, on_change: Callable[[Job], None], on_failure: Callable[[str, str], None]) -> None:
        """
        Args:
            on_change: called by `poll` with a job that has moved.
            on_failure: called by `poll` with the sentence and the details of a job that failed.
        """
        self._on_change = on_change
        self._on_failure = on_failure
        self._numbers = itertools.count(1)
        self._tasks: dict[int, Task] = {}
        self._news: queue.SimpleQueue[tuple[Task, Callable[[], None] | None]] = queue.SimpleQueue()

    def start(self, title: str, work: Callable[[Task], T], then: Callable[[T], Any] | None = None) -> Job:
        """Start a job.

        Args:
            title: what it does, for the user.
            work: done in a thread of its own.
            then: done with what `work` returned on the polling thread; gives the result.
        """
        task = Task(Job(next(self._numbers), title), lambda task: self._news.put((task, None)))
        self._forget_old()
        self._tasks[task.job.id] = task
        threading.Thread(target=self._run, args=(task, work, then), name=title, daemon=True).start()
        return task.job

    def poll(self) -> None:
        """Pass on the news: for each job the newest, and its end."""
        moved: dict[int, Task] = {}
        while True:
            try:
                task, end = self._news.get_nowait()
            except queue.Empty:
                break
            if end is not None:
                _guarded(task, end)
                task.job = replace(task.job, finished=True)
            moved[task.job.id] = task
        for task in moved.values():
            self._on_change(task.job)
            if task.job.finished and task.job.error:
                self._on_failure(task.job.error, task.job.details)

    def running(self) -> tuple[Job, ...]:
        """Jobs that have not ended."""
        return tuple(task.job for task in self._tasks.values() if not task.job.finished)

    def get(self, id: int) -> Job:
        """A job as it stands now."""
        return self._tasks[id].job

    def cancel(self, id: int) -> None:
        """Ask a job to end; it does with its next step."""
        self._tasks[id].cancel()

    def cancel_all(self) -> None:
        """Ask all to end."""
        for task in self._tasks.values():
            task.cancel()

    def _run(self, task: Task, work: Callable[[Task], T], then: Callable[[T], Any] | None) -> None:
        outcome: list[T] = []
        _guarded(task, lambda: outcome.append(work(task)))

        def end() -> None:
            for value in outcome:  # none where it failed
                task.job = replace(task.job, result=then(value) if then else value)

        self._news.put((task, end))

    def _forget_old(self) -> None:
        ended = [id for id, task in self._tasks.items() if task.job.finished]
        for id in ended[:-_REMEMBERED]:
            del self._tasks[id]


def _guarded(task: Task, work: Callable[[], Any]) -> None:
    try:
        work()
    except Cancelled:
        task.job = replace(task.job, cancelled=True)
    except StudioError as error:
        task.job = replace(task.job, error=str(error))
    except Exception as error:
        _log.exception("job %r failed", task.job.title)
        sentence = f"Could not {task.job.title} because of a mistake in the studio ({error}): see its log."
        if is_out_of_memory(error):
            sentence = f"There is not enough memory to {task.job.title}: try it with less."
        task.job = replace(task.job, error=sentence, details=traceback.format_exc())
