"""Uses the whole window at random for a while, and looks whether it has grown.

    QT_QPA_PLATFORM=offscreen python tests/fuzz/soak.py --minutes 60
    QT_QPA_PLATFORM=offscreen python tests/fuzz/soak.py --actions 400

The actions are drawn from a seed: drawing, recording, editing, undoing, importing, patterns, training, stopping, other
settings, generating, other projects, other themes. Threads, open files and memory are counted after each quarter, each
time with an empty project open and nothing running. It fails where at the end there are more threads or files than
after the first quarter, or more memory by a twentieth.

With --projects so many projects are opened in turn instead, each with material of every kind.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parent.parent.parent
GROWTH = 1.05  # of memory, at most
PATIENCE = 60.0  # seconds for threads to end
SETTLING = 2.5  # seconds in which none has ended: those that are left stay
SMALL = {"hidden": 16, "components": 2, "batch": 4, "window": 32, "steps": 400, "validate_every": 50}


@dataclass(frozen=True)
class Count:
    """What a program holds."""

    threads: tuple[str, ...]  # by name
    files: int
    memory: float  # MB

    def __str__(self) -> str:
        names = ", ".join(f"{count} {name}" for name, count in sorted(Counter(self.threads).items()))
        return f"{len(self.threads)} threads ({names}), {self.files} open files, {self.memory:.0f} MB"


def counted() -> Count:
    """What this one holds now; what the C library keeps for later is not held."""
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    files = len(os.listdir("/proc/self/fd")) - 1  # noqa: PTH208, a path would open another
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    names = tuple(sorted(re.sub(r"[-_ (].*", "", thread.name) for thread in threading.enumerate()))
    return Count(names, files, pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


class User:
    """Somebody who tries everything."""

    def __init__(self, folder: Path, seed: int) -> None:
        from PySide6.QtCore import QSettings
        from PySide6.QtWidgets import QApplication

        from studio.ui.main_window import MainWindow
        from studio.ui.problems import problems
        from studio.workbench import Workbench

        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder / "settings"))
        self.application = QApplication.instance() or QApplication(["soak"])
        self.chance = random.Random(seed)
        self.folder = folder
        self.bench = Workbench(folder / "home")
        self.bench.new()
        self.window = MainWindow(self.bench)
        self.window.resize(1280, 800)
        self.window.show()
        self.done = self.recorded = 0
        self.refusals: list[str] = []
        self.bench.failed.connect(lambda sentence: self.refusals.append(sentence))
        problems().met.connect(lambda sentence, _: self.refusals.append(sentence))
        self.actions: dict[Callable[[], object], int] = {
            self.draw: 10,
            self.record: 3,
            self.change_some: 6,
            self.undo_or_redo: 6,
            self.add_pattern: 3,
            self.import_a_file: 2,
            self.train_or_stop: 5,
            self.change_settings: 3,
            self.generate: 4,
            self.look_elsewhere: 2,
            self.other_project: 1,
        }

    def pass_time(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.application.processEvents()
            time.sleep(0.005)

    def act(self) -> None:
        """One action and a moment to see what comes of it."""
        from studio.errors import StudioError

        (action,) = self.chance.choices(list(self.actions), list(self.actions.values()))
        try:
            action()
        except StudioError as error:  # as a button would tell
            self.refusals.append(str(error))
        self.done += 1
        self.pass_time(self.chance.uniform(0.02, 0.3))

    def use_everything(self) -> None:
        """Each once, so that all is loaded and compiled."""
        for action in self.actions:
            action()
            self.pass_time(0.5)
        self.record()
        self.window.material_tabs.setCurrentWidget(self.window.audio)
        self.wait_until(lambda: self.window.audio.view.ready)
        self.pass_time(1)  # its spectrogram, on a thread of its own, which then stays
        self.window.material_tabs.setCurrentWidget(self.window.trajectories)
        self.bench.stop()
        self.wait_until(lambda: self.bench.training.phase == "idle")
        self.draw()
        self.train_or_stop()
        self.wait_until(lambda: self.bench.why_not_generate() == "")
        self.bench.load_in_background()
        self.wait_until(lambda: self.bench.ready)
        self.generate()
        self.wait_until(lambda: self.bench.training.phase == "idle")
        self.generate()
        self.pass_time(2)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 5 * PATIENCE
        while not condition():
            if time.monotonic() > give_up:
                raise TimeoutError("the studio does not answer")
            self.pass_time(0.1)

    def draw(self) -> None:
        import numpy as np

        from studio.sequences.material import Drawing

        points = np.cumsum(np.random.default_rng(self.chance.randrange(10**6)).normal(size=(80, 2)), 0)
        self.window.trajectories.canvas.finished.emit(Drawing.from_points(points))

    def record(self) -> None:
        import numpy as np

        from studio.sequences.recording import Recording

        seconds = self.chance.choice([0.5, 3, 60]) if self.recorded else 60  # which is read in another thread
        self.recorded += 1
        noise = np.random.default_rng(self.chance.randrange(10**6)).normal(scale=0.1, size=round(8000 * seconds))
        self.window.material_tabs.setCurrentWidget(self.window.audio)
        self.window.audio.bar.taken.emit(Recording(noise.astype(np.float32), 8000))
        ids = [item.id for item in self.bench.materials("audio")]
        self.window.audio.collection.select(self.chance.sample(ids, 1))
        self.pass_time(0.1)
        self.window.material_tabs.setCurrentWidget(self.window.trajectories)

    def some(self) -> list[int]:
        ids = [item.id for item in self.bench.materials("pen")]
        return self.chance.sample(ids, min(len(ids), self.chance.randint(1, 3)))

    def change_some(self) -> None:
        ids = self.some()
        changes: list[Callable[[], object]] = [
            lambda: self.bench.delete(ids),
            lambda: self.bench.relabel(ids, self.chance.choice(["", "a", "b"])),
            lambda: self.bench.duplicate(ids),
            lambda: self.bench.flip(ids, "horizontal"),
            lambda: self.bench.move(ids, None),
            lambda: self.window.trajectories.collection.select(ids),
        ]
        self.chance.choice(changes)()

    def undo_or_redo(self) -> None:
        self.window.commands[self.chance.choice(["undo", "redo"])].trigger()

    def add_pattern(self) -> None:
        name = self.chance.choice(self.bench.patterns()).name
        self.bench.insert_pattern(name, count=2, points=100, seed=self.chance.randrange(100))

    def import_a_file(self) -> None:
        path = self.folder / "some.csv"
        path.write_text("x,y\n" + "\n".join(f"{i},{self.chance.random()}" for i in range(50)))
        self.bench.import_paths([path, self.folder / "none.csv"])

    def train_or_stop(self) -> None:
        if self.bench.training.phase == "idle":
            self.bench.train(self.bench.recipe("pens-quick").changed(SMALL), seed=1)
        else:
            self.chance.choice([self.bench.stop, self.bench.pause, self.bench.go_on])()

    def change_settings(self) -> None:
        if self.bench.training.phase == "training":
            self.bench.change_training(learning_rate=self.chance.choice([1e-3, 3e-3]))

    def generate(self) -> None:
        name = self.chance.choice(["restart", "play", "dice"])
        self.window.commands[name].trigger()

    def look_elsewhere(self) -> None:
        self.window.choose_theme(self.chance.choice(["light", "dark"]))
        self.window.resize(self.chance.randint(960, 1400), self.chance.randint(640, 900))

    def other_project(self) -> None:
        self.window.generation.close_pens()
        self.bench.discard()
        kind = self.chance.randrange(3)
        if kind == 0:
            self.bench.open_sample(self.chance.choice(self.bench.samples()))
        elif kind == 1:
            self.bench.new()
        else:
            path = self.folder / f"{self.chance.randrange(3)}.vrnn"
            if path.exists():
                self.bench.open(path)
            else:
                self.bench.new(path)

    def rest(self) -> Count:
        """End everything, open an empty project in light, and count."""
        self.window.generation.close_pens()
        self.bench.discard()
        self.bench.new()
        self.window.choose_theme("light")
        self.window.resize(1280, 800)
        give_up = time.monotonic() + PATIENCE
        before = 0
        while before != threading.active_count() and time.monotonic() < give_up:
            before = threading.active_count()
            self.pass_time(SETTLING)
        return counted()

    def leave(self) -> None:
        self.window.generation.close_pens()
        self.bench.discard()
        self.window.close()


def soak(minutes: float, actions: int, seed: int, folder: Path) -> tuple[list[Count], User]:
    """Use the window so long, or so often where `actions` is not 0: what it held after each quarter."""
    user = User(folder, seed)
    user.use_everything()
    began = time.monotonic()

    def go_on(share: float) -> None:
        while user.done < share * actions if actions else time.monotonic() < began + 60 * share * minutes:
            user.act()

    counts = []
    for quarter in range(1, 5):
        go_on(quarter / 4)
        counts.append(user.rest())
    return counts, user


def in_turn(projects: int, seed: int, folder: Path) -> tuple[list[Count], User]:
    """Open so many projects one after another: what the window held after each quarter."""
    user = User(folder, seed)
    user.use_everything()
    counts = []
    for number in range(1, projects + 1):
        user.window.generation.close_pens()
        user.bench.discard()
        user.bench.new(folder / f"project {number}.vrnn")
        for fill in (user.draw, user.add_pattern, user.record, user.import_a_file):
            fill()
        user.pass_time(0.2)
        user.done += 1
        if number * 4 % projects < 4:
            counts.append(user.rest())
    return counts, user


def grown(before: Count, after: Count) -> list[str]:
    """What there is more of than there may be."""
    more = {
        "threads": len(after.threads) > len(before.threads),
        "open files": after.files > before.files,
        "memory": after.memory > GROWTH * before.memory,
    }
    return [name for name, is_more in more.items() if is_more]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--actions", type=int, default=0, help="so many of them instead of so many minutes")
    parser.add_argument("--projects", type=int, default=0, help="open so many in turn instead, 4 or more")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sys.path.insert(0, str(TOP))
    os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
    began = time.monotonic()
    from studio.training.memory import share_arenas

    share_arenas()  # as the program does
    with tempfile.TemporaryDirectory() as folder:
        if arguments.projects:
            counts, user = in_turn(arguments.projects, arguments.seed, Path(folder))
        else:
            counts, user = soak(arguments.minutes, arguments.actions, arguments.seed, Path(folder))
        user.leave()
    mistakes = [sentence for sentence in user.refusals if "mistake in the studio" in sentence]
    print(f"{user.done:,} actions in {(time.monotonic() - began) / 60:.1f} minutes, seed {arguments.seed}")
    for quarter, count in enumerate(counts, 1):
        print(f"after {quarter / 4:.0%}: {count}")
    print(f"mistakes of the studio: {len(mistakes)}; refusals in a sentence: {len(user.refusals) - len(mistakes)}")
    print("\n".join(sorted(set(mistakes))))
    if more := grown(counts[0], counts[-1]):
        print(f"more than there were: {', '.join(more)}")
    return 1 if more or mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
