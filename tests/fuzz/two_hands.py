"""Two processes on one project, stopped, killed, renamed and out of room, against a model of what was acknowledged.

    python tests/fuzz/two_hands.py --steps 100000

A state machine (hypothesis) draws the steps: either process opens, adds, deletes, labels, imports, trains, closes,
is stopped (SIGSTOP), woken, or killed; the file is renamed, copied, written over by an older copy or deleted; the disk
is full for a while; an old log is left behind. After each step the model says what must be in the file. What a process
acknowledged to the end under a valid claim must be there; what one wrote whose claim another took must not.

The processes are small (no torch) and answer each order with one line, so that a step takes a few milliseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

TOP = Path(__file__).parent.parent.parent
PART = 2_500  # steps, after which the figures so far are printed
COUNTED = ("steps", "acknowledged", "refused", "kills", "takeovers")

PROCESS = """
import json, sys, resource, signal, time
from pathlib import Path
import numpy as np
from studio.errors import StudioError
from studio.project import database
from studio.project.file import Project
from studio.project.records import StoredCheckpoint
from studio.sequences.text import Text

database._LOOK_SECONDS = 0.0
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
project = None

def opened(path, silent_after):
    global project
    project = Project.open(Path(path))
    project.claim(silent_after)
    return project.why_read_only

def opened_at(path, moment):
    while time.monotonic() < moment:
        pass
    return opened(path, None)

def added(label):
    (id,) = project.collection.add([("written", Text(label * 300, label))], "add")
    return id

def imported(label, count):
    pieces = ((f"{i}", Text(f"{label} {i}" * 300, label)) for i in range(count))
    return project.collection.add_as_they_come(pieces, lambda count, kinds: "import")

def deleted(id):
    project.collection.delete([id], "delete")

def labelled(id, label):
    project.collection.relabel([id], label, "label")

def undone():
    return project.collection.undo()

def trained(name, step, weights):
    runs = {run.name: run.id for run in project.runs.all()}
    run = runs.get(name) or project.runs.create(name, "", device="cpu", seed=1)
    project.runs.add_metrics(run, {"loss": ([step], [1.0])}, step=step)
    project.runs.save_checkpoint(run, StoredCheckpoint("last", step, packed(weights), {}))
    return run

def packed(weights):
    header = json.dumps({"__metadata__": {"w": weights * 1000}}).encode()
    return len(header).to_bytes(8, "little") + header

def looked():
    return [note.sentence for note in project.keep_claim()]

def listed():
    return [[item.id, item.label] for item in project.collection.items()]

def where():
    return str(project.path)

def folded():
    project._database._fold("TRUNCATE")

def limited(bytes):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if bytes is None else bytes, hard))

def closed():
    global project
    project.close()
    project = None

orders = dict(globals())
print("ready", flush=True)
for line in sys.stdin:
    name, arguments = json.loads(line)
    try:
        answer = ["done", orders[name](*arguments)]
    except StudioError as error:
        answer = ["refused", str(error)]
    except Exception as error:
        answer = ["broken", repr(error)]
    print(json.dumps(answer), flush=True)
"""


class Hand:
    """A process with at most one project open."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TOP
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the process did not begin")
        self.stopped = False

    def ask(self, order: str, *arguments: object) -> tuple[str, Any]:
        """What it answers: "done" and a result, "refused" and a sentence."""
        self.begin(order, *arguments)
        return self.finish()

    def begin(self, order: str, *arguments: object) -> None:
        """Give an order without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([order, arguments]) + "\n")
        self._process.stdin.flush()

    def finish(self) -> tuple[str, Any]:
        """What it answers to the order under way."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        kind, answer = json.loads(line) if line.endswith("\n") else ("dead", "")
        assert kind != "broken", answer
        return kind, answer

    def stop(self) -> None:
        self._process.send_signal(signal.SIGSTOP)
        self.stopped = True

    def wake(self) -> None:
        self._process.send_signal(signal.SIGCONT)
        self.stopped = False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()


class World:
    """Two hands, a file, and what must be in it."""

    def __init__(self, folder: Path, chance: Any = None) -> None:
        from studio.project.file import Project

        self.folder = folder
        self.path = folder / "p.vrnn"
        Project.create(self.path).close()
        self.hands: list[Hand | None] = [None, None]
        self.open: list[bool] = [False, False]
        self.writer: int | None = None  # whose claim it is
        self.items: dict[int, str] = {}  # by id: the label
        self.copies: list[tuple[Path, dict[int, str], dict[str, str], list[dict[int, str]]]] = []
        self.weights: dict[str, str] = {}  # by run
        self.maybe = ""  # label of an import that was killed in the middle, and may yet turn out to be whole
        self.under_old_name = False  # the log, since the file was renamed while its writer stood still
        self.log_left = False  # by one that was killed while it looked at such a file
        self.undo: list[dict[int, str]] = []
        self.steps = self.number = 0
        self.acknowledged = self.refused = self.kills = self.takeovers = 0

    def hand(self, which: int) -> Hand:
        hand = self.hands[which]
        if hand is None:
            hand = self.hands[which] = Hand()
        return hand

    def stands_still(self) -> bool:
        """Whether the one that may write does, and the other could take over."""
        writer = self.writer
        return writer is not None and self.hand(writer).stopped and self.open[1 - writer] is False

    # Steps. Each ends with the file in a state that the model knows.

    def open_it(self, which: int, *, take_over: bool = False) -> None:
        hand = self.hand(which)
        if self.open[which] or hand.stopped:
            return
        kind, why = hand.ask("opened", str(self.path), 0 if take_over else None)
        assert kind == "done", why
        self.open[which] = True
        other = self.writer is not None and self.writer != which
        if other and not take_over:
            assert why, "two hands on one file"
            return
        assert not why, why
        self.takeovers += other
        self.writer, self.maybe, self.under_old_name, self.log_left = which, "", False, False

    def change(self, which: int, order: str, *arguments: object) -> tuple[str, Any]:
        kind, answer = self.hand(which).ask(order, *arguments)
        if self.writer == which:
            assert kind == "done", answer
            self.acknowledged += 1
        else:
            assert kind == "refused", f"written without a claim: {order} {answer}"
            self.refused += 1
        return kind, answer

    def can(self, which: int) -> bool:
        return self.open[which] and not self.hand(which).stopped

    def add(self, which: int) -> None:
        if self.can(which):
            self.number += 1
            before = dict(self.items)
            kind, id = self.change(which, "added", f"l{self.number}")
            if kind == "done":
                assert id not in self.items
                self.items[id] = f"l{self.number}"
                self.undo.append(before)

    def bring(self, which: int, count: int) -> None:
        if self.can(which):
            self.number += 1
            before = dict(self.items)
            kind, ids = self.change(which, "imported", f"l{self.number}", count)
            if kind == "done":
                self.items |= dict.fromkeys(ids, f"l{self.number}")
                self.undo.append(before)

    def label(self, which: int, place: int) -> None:
        if self.can(which) and self.items:
            id = sorted(self.items)[place % len(self.items)]
            self.number += 1
            before = dict(self.items)
            if self.change(which, "labelled", id, f"l{self.number}")[0] == "done":
                self.items[id] = f"l{self.number}"
                self.undo.append(before)

    def delete(self, which: int, place: int) -> None:
        if self.can(which) and self.items:
            id = sorted(self.items)[place % len(self.items)]
            before = dict(self.items)
            if self.change(which, "deleted", id)[0] == "done":
                del self.items[id]
                self.undo.append(before)

    def take_back(self, which: int) -> None:
        if self.can(which) and self.change(which, "undone")[0] == "done" and self.undo:
            self.items = dict(self.undo.pop())  # a copy of the file may have kept the same one to go back to

    def train(self, which: int, name: str) -> None:
        if self.can(which):
            self.number += 1
            weights = f"w{self.number} "
            if self.change(which, "trained", name, self.number, weights)[0] == "done":
                self.weights[name] = weights

    def fold(self, which: int) -> None:
        if self.can(which) and self.writer == which:
            self.hand(which).ask("folded")

    def close(self, which: int) -> None:
        if self.can(which):
            kind, answer = self.hand(which).ask("closed")
            assert kind == "done", answer
            self.open[which] = False
            if self.writer == which:
                self.writer = None

    def stop(self, which: int) -> None:
        if self.open[which]:
            self.hand(which).stop()

    def wake(self, which: int) -> None:
        if self.hands[which] is not None and self.hand(which).stopped:
            self.hand(which).wake()
            if self.open[which]:
                self.hand(which).ask("looked")  # as every program does within half a second
            self.under_old_name = False

    def kill(self, which: int, *, writing: bool, after: float) -> None:
        """Kill it, in the middle of adding where `writing`: that one thing may be there or not."""
        hand = self.hands[which]
        if hand is None:
            return
        self.kills += 1
        in_the_middle = writing and self.can(which) and self.writer == which
        if in_the_middle:
            self.number += 1
            hand.begin("imported", f"l{self.number}", 30)
            time.sleep(after)
        hand.kill()
        self.log_left |= self.under_old_name and self.open[which] and self.writer != which
        self.hands[which], self.open[which] = None, False
        if self.writer == which:
            self.writer = None
        if in_the_middle:
            self.maybe = f"l{self.number}"
            self._learn(self.listed())

    def _learn(self, found: dict[int, str]) -> None:
        """After a kill in the middle: all of the last import is there, or nothing.

        Where it was in the log, but not yet in the index that processes share, it is seen once none of them has the
        file open any more: SQLite then makes the index anew. Whoever writes before that writes over it.
        """
        new = {id: name for id, name in found.items() if name == self.maybe}
        assert len(new) in (0, 30), f"half an import: {len(new)}"
        if new:
            self.undo.append(dict(self.items))
            self.items |= new
        if new or not any(self.open):
            self.maybe = ""

    def rename(self) -> None:
        self.number += 1
        new = self.folder / f"p{self.number}.vrnn"
        for which in (0, 1):
            if self.open[which] and self.writer != which:
                self.wake(which)
                self.close(which)  # who looks on is not followed up here
        closed = self.writer is None
        self.log_left = False
        self.path.rename(new)
        self.path = new
        self.under_old_name = not closed and self.writer is not None and self.hand(self.writer).stopped
        if not closed and self.writer is not None and not self.hand(self.writer).stopped:
            kind, notes = self.hand(self.writer).ask("looked")
            assert kind == "done"
            assert any("is called" in note for note in notes), notes
            assert self.hand(self.writer).ask("where") == ("done", str(new))

    def everybody_out(self) -> None:
        for which in (0, 1):
            self.wake(which)
            self.close(which)

    def copy(self) -> None:
        """An older copy, made while nobody writes."""
        if self.writer is None and not any(self.open):
            target = self.folder / f"copy {len(self.copies)}.vrnn"
            self.check()
            shutil.copy(self.path, target)
            self.copies.append((target, dict(self.items), dict(self.weights), list(self.undo)))

    def put_copy_back(self, place: int, *, killed: bool) -> None:
        """As `cp` does, over a file that nobody has open; its log is left where its process was killed."""
        if not self.copies:
            return
        if killed and self.writer is not None:
            for which in (0, 1):
                self.kill(which, writing=False, after=0)
        elif any(self.open):
            self.everybody_out()
        source, items, weights, undo = self.copies[place % len(self.copies)]
        shutil.copyfile(source, self.path)
        self.items, self.weights, self.undo = dict(items), dict(weights), list(undo)

    def delete_file(self) -> None:
        """Delete it while it is open: all of it is kept beside, and the work goes on there."""
        if (
            self.writer is None
            or self.hand(self.writer).stopped
            or any(self.open[w] for w in (0, 1) if w != self.writer)
        ):
            return
        self.path.unlink()
        kind, notes = self.hand(self.writer).ask("looked")
        assert kind == "done"
        assert any("was deleted" in note for note in notes), notes
        self.path = Path(self.hand(self.writer).ask("where")[1])

    def fill_disk(self, which: int) -> None:
        """Out of room in the middle of something large: it is refused in a sentence, and nothing else is lost."""
        if not self.can(which) or self.writer != which:
            return
        hand = self.hand(which)
        hand.ask("limited", 4096)
        kind, answer = hand.ask("imported", "never", 200)
        hand.ask("limited", None)
        assert kind == "refused", answer
        hand.ask("looked")  # a file that was renamed is followed once there is room

    # What must hold.

    def listed(self) -> dict[int, str]:
        """What is in the file, as whoever opens it now sees it."""
        from studio.project.file import Project

        project = Project.open(self.path)
        found = {item.id: item.label for item in project.collection.items()}
        weights = {run.name: project.runs.checkpoint(run.id, "last").weights[8:].decode() for run in project.runs.all()}
        project.close()
        self.found_weights = weights
        return found

    def look(self) -> None:
        """The file holds what was acknowledged, and nothing else."""
        self.steps += 1
        if self.writer is not None and self.hand(self.writer).stopped:
            return  # its log may be under an old name, until it wakes up
        if self.under_old_name and (any(self.open) or self.log_left):
            return  # who looks at it has a log of its own there, until it closes it, or another may change the file
        found = self.listed()
        if self.maybe:
            self._learn(found)
        assert found == self.items, (found, self.items)
        for name, weights in self.weights.items():
            assert self.found_weights[name].count(weights) == 1000, name

    def check(self) -> None:
        from studio.project.rescue import check

        problems = check(self.path)
        assert not problems, problems

    def end(self) -> None:
        self.everybody_out()
        self.look()
        self.check()

    def end_processes(self) -> None:
        for hand in self.hands:
            if hand is not None:
                hand.kill()


def machine() -> Any:  # noqa: C901, one class of short rules
    """The state machine; each run of it has a world of its own."""
    hands, places = st.integers(0, 1), st.integers(0, 1000)
    somebody_works = precondition(lambda self: bool(self.working()))
    somebody_writes = precondition(lambda self: self.world.writer in self.working())

    class TwoHands(RuleBasedStateMachine):
        total: ClassVar[dict[str, int]] = {}

        @initialize()
        def begin(self) -> None:
            self.folder = tempfile.TemporaryDirectory(prefix="two-hands-")
            self.world = World(Path(self.folder.name))

        def working(self) -> list[int]:
            return [which for which in (0, 1) if self.world.can(which)]

        def one(self, which: int) -> int:
            """Who works, if one does; else either."""
            working = self.working()
            return working[which % len(working)]

        @precondition(lambda self: not all(self.world.open))
        @rule(which=hands)
        def open_it(self, which: int) -> None:
            self.world.open_it(1 - which if self.world.open[which] else which)

        @precondition(lambda self: self.world.stands_still())
        @rule()
        def take_over(self) -> None:
            self.world.open_it(1 - self.world.writer, take_over=True)

        @somebody_works
        @rule(which=hands)
        def add(self, which: int) -> None:
            self.world.add(self.one(which))

        @somebody_works
        @rule(which=hands, count=st.integers(1, 40))
        def bring(self, which: int, count: int) -> None:
            self.world.bring(self.one(which), count)

        @somebody_works
        @rule(which=hands, place=places)
        def label(self, which: int, place: int) -> None:
            self.world.label(self.one(which), place)

        @somebody_works
        @rule(which=hands, place=places)
        def delete(self, which: int, place: int) -> None:
            self.world.delete(self.one(which), place)

        @somebody_works
        @rule(which=hands)
        def undo(self, which: int) -> None:
            self.world.take_back(self.one(which))

        @somebody_works
        @rule(which=hands, name=st.sampled_from(["a", "b"]))
        def train(self, which: int, name: str) -> None:
            self.world.train(self.one(which), name)

        @somebody_writes
        @rule()
        def fold(self) -> None:
            self.world.fold(self.world.writer)

        @somebody_works
        @rule(which=hands)
        def close(self, which: int) -> None:
            self.world.close(self.one(which))

        @somebody_writes
        @rule()
        def stop(self) -> None:
            self.world.stop(self.world.writer)

        @precondition(lambda self: any(hand is not None and hand.stopped for hand in self.world.hands))
        @rule(which=hands)
        def wake(self, which: int) -> None:
            self.world.wake(which)
            self.world.wake(1 - which)

        @precondition(lambda self: any(self.world.open))
        @rule(which=hands, writing=st.booleans(), after=st.floats(0, 0.02))
        def kill(self, which: int, writing: bool, after: float) -> None:
            self.world.kill(which if self.world.open[which] else 1 - which, writing=writing, after=after)

        @rule()
        def rename(self) -> None:
            self.world.rename()

        @precondition(lambda self: not any(self.world.open))
        @rule()
        def copy(self) -> None:
            self.world.copy()

        @precondition(lambda self: bool(self.world.copies))
        @rule(place=places, killed=st.booleans())
        def put_copy_back(self, place: int, killed: bool) -> None:
            self.world.put_copy_back(place, killed=killed)

        @somebody_writes
        @rule()
        def delete_file(self) -> None:
            self.world.delete_file()

        @somebody_writes
        @rule()
        def fill_disk(self) -> None:
            self.world.fill_disk(self.world.writer)

        @invariant()
        def holds_what_was_acknowledged(self) -> None:
            self.world.look()

        def teardown(self) -> None:
            if not hasattr(self, "world"):
                return
            try:
                self.world.end()
            finally:
                self.world.end_processes()
                for name in COUNTED:
                    self.total[name] = self.total.get(name, 0) + getattr(self.world, name)
                self.folder.cleanup()

    return TwoHands


def run(steps: int, *, length: int = 50, seed: int | None = None) -> dict[str, int]:
    """So many steps, in worlds of `length` steps each; raises where something is lost, or written without a claim."""
    hands = machine()
    settings = hypothesis.settings(
        max_examples=max(1, steps // length),
        stateful_step_count=length,
        deadline=None,
        database=None,
        derandomize=seed is None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],  # a world is not made smaller: its processes are timed by chance
    )
    if seed is not None:
        hands = hypothesis.seed(seed)(hands)
    run_state_machine_as_test(hands, settings=settings)
    total: dict[str, int] = hands.total
    return total


def race(times: int) -> int:
    """Have two processes open a project at the same moment, so often; how often just one of them got it."""
    from studio.project.file import Project

    with tempfile.TemporaryDirectory(prefix="two-hands-") as folder:
        path = Path(folder, "p.vrnn")
        Project.create(path).close()
        both = Hand(), Hand()
        single = 0
        for number in range(times):
            moment = time.monotonic() + 0.02
            for hand in both:
                hand.begin("opened_at", str(path), moment)
            got = [not why for kind, why in (hand.finish() for hand in both) if kind == "done"]
            single += got.count(True) == 1
            if number % 3 == 2:  # and where one was killed before
                both[got.index(True)].kill()
                both = tuple(Hand() if place == got.index(True) else hand for place, hand in enumerate(both))
                both[1 - got.index(True)].ask("closed")
                continue
            for hand in both:
                hand.ask("closed")
        for hand in both:
            hand.kill()
        return single


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--races", type=int, default=1000, help="how often two open it at the same moment")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sys.path.insert(0, str(TOP))
    single = race(arguments.races)
    print(f"{arguments.races:,} times opened by two at the same moment: {single:,} times just one got it", flush=True)
    if single != arguments.races:
        return 1
    began, total = time.monotonic(), Counter[str]()
    while total["steps"] < arguments.steps:  # in parts, so that one that is ended has said how far it came
        total.update(run(min(PART, arguments.steps - total["steps"]), seed=arguments.seed + total["steps"]))
        figures = {name: f"{total[name]:,}" for name in COUNTED}
        print(
            "{steps} steps, seed {seed}, {minutes:.1f} minutes: {acknowledged} changes acknowledged, {refused} refused "
            "to who had no claim (any more), {kills} kills, {takeovers} taken over from one that stood still; "
            "nothing lost".format(seed=arguments.seed, minutes=(time.monotonic() - began) / 60, **figures),
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
