"""Who waits for what is compiled, and who does without."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from studio.models import compiling
from studio.models.compiling import Compiled


class Check:
    """A check that counts, and waits until it may go on."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.begun, self.may_end = threading.Event(), threading.Event()
        self._error = error

    def __call__(self) -> None:
        self.calls += 1
        self.begun.set()
        assert self.may_end.wait(60)
        if self._error:
            raise self._error


@pytest.fixture
def aside() -> Iterator[Callable[[Callable[[], object]], threading.Thread]]:
    """Begins something in a thread."""
    threads = []

    def begin(work: Callable[[], object]) -> threading.Thread:
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return threads[-1]

    yield begin
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def compile_long(part: Compiled) -> None:
    with compiling.taking_long():
        part.settled()


def test_it_is_checked_once_and_all_others_wait(aside) -> None:
    check = Check()
    part = Compiled(check, "Slower")
    answers: list[bool] = []
    threads = [aside(lambda: answers.append(part.works())) for _ in range(3)]
    assert check.begun.wait(60)
    assert not answers
    check.may_end.set()
    for thread in threads:
        thread.join(60)
    assert answers == [True, True, True]
    assert check.calls == 1


def test_the_patient_wait_also_where_it_takes_long(aside) -> None:
    check = Check()
    part = Compiled(check, "Slower")
    aside(lambda: compile_long(part))
    assert check.begun.wait(60)
    answers: list[bool] = []
    waiting = aside(lambda: answers.append(part.works()))
    assert compiling.under_way()
    check.may_end.set()
    waiting.join(60)
    assert answers == [True]
    assert not compiling.under_way()


def test_the_others_do_without_until_it_is_done(aside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "patient", False)
    check = Check()
    part = Compiled(check, "Slower")
    thread = aside(lambda: compile_long(part))
    assert check.begun.wait(60)
    assert not part.works()
    check.may_end.set()
    thread.join(60)
    assert part.works()


def test_a_failing_check_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    check = Check(ArithmeticError("it computes something else"))
    check.may_end.set()
    part = Compiled(check, "Slower")
    with caplog.at_level(logging.WARNING):
        assert not part.works()
        assert not part.works()
    assert [record.message for record in caplog.records] == [
        "Slower, since it cannot be compiled here: it computes something else"
    ]
    part.forget()
    assert not part.works()
    assert check.calls == 2


def test_who_has_interrupted_it_waits_no_more(aside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_given_up", threading.Event())
    check = Check()
    part = Compiled(check, "Slower")
    answers: list[bool] = []

    def interrupted() -> None:
        with compiling.taking_long():
            waiting.append(aside(lambda: answers.append(part.works())))
            raise KeyboardInterrupt

    waiting: list[threading.Thread] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    waiting[0].join(60)
    assert answers == [False]
    assert not check.calls
