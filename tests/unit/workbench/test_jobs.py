"""Work in the background."""

import threading
import time
from collections.abc import Callable

import pytest

from studio.errors import StudioError
from studio.workbench import jobs as jobs_module
from studio.workbench.jobs import Jobs, Task
from studio.workbench.state import Job


class Ears:
    """Hears what is told, and on which thread."""

    def __init__(self) -> None:
        self.changes: list[Job] = []
        self.failures: list[str] = []
        self.threads: set[int] = set()
        self.details: list[str] = []
        self.jobs = Jobs(self.changed, self.failed)

    def failed(self, sentence: str, details: str) -> None:
        self.failures.append(sentence)
        self.details.append(details)

    def changed(self, job: Job) -> None:
        self.changes.append(job)
        self.threads.add(threading.get_ident())

    def finish(self, job: Job) -> Job:
        while not self.jobs.get(job.id).finished:
            time.sleep(0.001)
            self.jobs.poll()
        return self.jobs.get(job.id)


@pytest.fixture
def ears() -> Ears:
    return Ears()


def test_the_result_comes_with_the_last_change(ears: Ears) -> None:
    job = ears.finish(ears.jobs.start("count", lambda task: 6, lambda value: value * 7))
    assert job.result == 42
    assert ears.changes[-1] == job
    assert not job.error
    assert ears.jobs.running() == ()


def test_work_is_done_elsewhere_and_the_rest_here(ears: Ears) -> None:
    here = threading.get_ident()
    job = ears.finish(ears.jobs.start("look", lambda task: threading.get_ident(), lambda there: (there, here)))
    there, _ = job.result
    assert there != here
    assert ears.threads == {here}


def test_nothing_is_told_before_the_poll(ears: Ears) -> None:
    done = threading.Event()
    ears.jobs.start("set", lambda task: done.set())
    assert done.wait(60)
    assert ears.changes == []


def test_progress_and_words_arrive(ears: Ears) -> None:
    def work(task: Task) -> None:
        task.progress(1, 2)
        task.say("one")
        task.say("two", "three")

    job = ears.finish(ears.jobs.start("speak", work))
    assert (job.done, job.total, job.messages) == (1, 2, ("one", "two", "three"))


def failing(error: Exception) -> Callable[[Task], None]:
    def work(task: Task) -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (StudioError("Too bad."), "Too bad."),
        (MemoryError(), "There is not enough memory to fail: try it with less."),
        (KeyError("x"), "Could not fail because of a mistake in the studio ('x'): see its log."),
    ],
)
def test_failure_is_one_sentence(ears: Ears, error: Exception, sentence: str) -> None:
    job = ears.finish(ears.jobs.start("fail", failing(error)))
    assert job.error == sentence
    assert ears.failures == [sentence]
    assert ("Traceback" in ears.details[0]) == (not isinstance(error, StudioError))
    assert job.result is None


def test_failure_in_the_second_half(ears: Ears) -> None:
    def then(value: int) -> int:
        raise StudioError("The disk is full.")

    job = ears.finish(ears.jobs.start("fail", lambda task: 1, then))
    assert job.error == "The disk is full."
    assert ears.failures == ["The disk is full."]


def test_cancelling_ends_it_with_the_next_step(ears: Ears) -> None:
    begun = threading.Event()
    kept: list[int] = []

    def work(task: Task) -> int:
        begun.set()
        while True:
            task.progress(0, 1)
            time.sleep(0.001)

    job = ears.jobs.start("go on and on", work, kept.append)
    assert begun.wait(60)
    assert [running.id for running in ears.jobs.running()] == [job.id]
    ears.jobs.cancel(job.id)
    job = ears.finish(job)
    assert job.cancelled
    assert not job.error
    assert kept == []


def test_several_run_at_once(ears: Ears) -> None:
    meet = threading.Barrier(3, timeout=60)
    started = [ears.jobs.start("meet", lambda task: meet.wait()) for _ in range(3)]
    assert sorted(ears.finish(job).result for job in started) == [0, 1, 2]


def test_old_results_are_let_go(ears: Ears) -> None:
    first = ears.finish(ears.jobs.start("first", lambda task: 1))
    for _ in range(jobs_module._REMEMBERED + 1):
        last = ears.finish(ears.jobs.start("another", lambda task: 2))
    assert ears.jobs.get(last.id).result == 2
    with pytest.raises(KeyError):
        ears.jobs.get(first.id)
