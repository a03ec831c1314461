"""A project of years: how long it takes to open, to scroll through and to import, and what one more drawing costs.

Printed by ``make bench``; nothing here asserts seconds.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QScrollBar

from studio.files.audio import write_recording
from studio.project.file import Project
from studio.project.records import StoredCheckpoint
from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.training.recipe import Recipe
from studio.workbench import Workbench

DRAWINGS, RUNS, VALUES, CHUNK = 2_000, 200, 1_000_000, 50
RECORDINGS, SECONDS, RATE = 3_600, 10, 16_000  # ten hours
NAMES = ("loss", "reconstruction", "kl", "learning_rate", "gradient_norm")
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"


def drawing(seed: int) -> Drawing:
    return Drawing.from_points(np.cumsum(np.random.default_rng(seed).normal(size=(60, 2)), 0))


def sound(seed: int) -> Recording:
    """As a microphone gives it: whole steps of 16 bits."""
    steps = np.random.default_rng(seed).normal(scale=3000, size=SECONDS * RATE).clip(-32768, 32767).astype(np.int16)
    return Recording(steps / np.float32(2**15), RATE, "noise")


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("load") / "years.vrnn"
    project = Project.create(path)
    project.collection.add([("drawn", drawing(seed)) for seed in range(DRAWINGS)], "add")
    for first in range(0, RECORDINGS, 100):
        project.collection.add([("recorded", sound(first + number)) for number in range(100)], "add")
    each = VALUES // RUNS // len(NAMES)
    for number in range(RUNS):
        toml = Recipe(name="mine", title=f"Mine {number}").to_toml()
        run = project.runs.create(f"run {number}", toml, device="cpu", seed=number)
        with project._database.transaction():
            for begin in range(0, each, CHUNK):
                steps = np.arange(begin, begin + CHUNK)
                project.runs.add_metrics(run, dict.fromkeys(NAMES, (steps, steps / 7)), step=begin + CHUNK)
        project.runs.save_checkpoint(run, StoredCheckpoint("last", each, bytes(200_000), {"step": each}))
        project.runs.set_status(run, "finished")
    project.close()
    return path


def forgotten(path: Path) -> Path:
    """The file, no longer in the system's memory, as after a night."""
    os.sync()
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return path


def memory() -> float:
    """What this process holds, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def timed(what: str, work: Callable[[], object], times: int = 1) -> None:
    durations, worked = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.thread_time()
        work()
        durations.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.thread_time() - used))
    middle = times // 2
    print(f"{what:<60} {sorted(durations)[middle]:8.1f} ms, {sorted(worked)[middle]:6.1f} of them at work")


def test_opening(years: Path, tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "home", remember=False)
    hours = RECORDINGS * SECONDS // 3600
    print()
    print(f"{DRAWINGS:,} drawings, {hours} hours of sound, {RUNS} runs, {VALUES:,} values of curves:")
    print(f"{'a file of':<60} {years.stat().st_size / 1e6:8.0f} MB")
    forgotten(years)
    before = memory()
    timed("open it", lambda: bench.open(years))
    timed("list its material", bench.materials)
    timed("its runs", bench.runs)
    timed("the curves of one run", lambda: bench.metrics(100), times=5)
    print(f"{'memory that took':<60} {memory() - before:8.0f} MB")
    recording = bench.materials("audio")[1234]
    timed("read one recording of it", lambda: recording.material)
    assert len(bench.materials()) == DRAWINGS + RECORDINGS
    assert len(bench.runs()) == RUNS
    assert sum(len(values) for _, values in bench.metrics(100).values()) == VALUES // RUNS
    bench.close()


@contextmanager
def watched_memory() -> Iterator[list[float]]:
    """What this process holds, looked at a hundred times a second, in MB."""
    seen, over = [memory()], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            seen.append(memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_importing(tmp_path: Path) -> None:
    folder = tmp_path / "hours"
    folder.mkdir()
    for number in range(RECORDINGS):
        write_recording(sound(number), folder / f"{number:04}.wav")
    bench = Workbench(tmp_path / "home", remember=False)
    bench.new(tmp_path / "imported.vrnn")
    print()
    with watched_memory() as seen:
        timed(f"import {RECORDINGS:,} files, ten hours", lambda: bench.wait(bench.import_paths([folder])))
    print(f"{'memory that took at the most':<60} {max(seen) - seen[0]:8.0f} MB")
    timed("show that in the list", bench.materials)
    assert len(bench.materials("audio")) == RECORDINGS
    timed("undo it, in one step", bench.undo)
    assert bench.materials() == ()
    bench.close()


def scroll(when: str, bar: QScrollBar) -> None:
    """Jump through the whole list a hundred times."""
    from PySide6.QtWidgets import QApplication

    jumps: list[tuple[float, float]] = []
    for place in range(0, bar.maximum(), bar.maximum() // 100):
        began, used = time.perf_counter(), time.thread_time()
        bar.setValue(place)
        QApplication.processEvents()
        jumps.append((1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - used)))
        time.sleep(0.01)
    durations, worked = map(sorted, zip(*jumps, strict=True))
    for what, place in (("median", len(jumps) // 2), ("slowest", -1)):
        told = f"{durations[place]:8.1f} ms, {worked[place]:6.1f} of them at work"
        print(f"{f'scroll {when}, each of 100 jumps: {what}':<60} {told}")


def test_window(years: Path, tmp_path: Path) -> None:
    from PySide6.QtWidgets import QApplication

    from studio.ui.main_window import MainWindow

    application = QApplication.instance() or QApplication([])
    bench = Workbench(tmp_path / "home", remember=False)
    bench.new(tmp_path / "empty.vrnn")
    window = MainWindow(bench)
    window.resize(1280, 800)
    window.show()
    application.processEvents()
    view = window.audio.collection
    before = memory()

    def show_recordings() -> None:
        window.material_tabs.setCurrentWidget(window.audio)
        application.processEvents()

    def open_it() -> None:
        bench.open(years)
        bench.load_in_background()  # as the program does
        bench.poll()
        application.processEvents()

    def see_pictures() -> None:
        while not view.delegate.painted:
            application.processEvents()

    print()
    forgotten(years)
    timed("open it in the window, until that shows it", open_it)
    timed("show its recordings", show_recordings)
    timed("until the first pictures of them are there", see_pictures)
    scroll("while torch is being loaded", view.verticalScrollBar())
    while any(thread.name == "loading" for thread in threading.enumerate()):
        application.processEvents()
    view.delegate.forget()  # so that all pictures are painted again
    scroll("then", view.verticalScrollBar())
    print(f"{'memory that took':<60} {memory() - before:8.0f} MB")
    assert len(view.collection.items) == RECORDINGS
    window.generation.close_pens()
    bench.close()
    window.close()
    window.deleteLater()


@pytest.mark.parametrize("count", [100, 10_000])
def test_one_more_drawing(count: int, tmp_path: Path) -> None:
    from PySide6.QtWidgets import QApplication

    from studio.ui.main_window import MainWindow

    application = QApplication.instance() or QApplication([])
    bench = Workbench(tmp_path / "home", remember=False)
    bench.new(tmp_path / "p.vrnn")
    bench.add_drawings([drawing(seed) for seed in range(count)])
    window = MainWindow(bench)
    window.resize(1280, 800)
    window.show()
    application.processEvents()
    bench.poll()
    application.processEvents()

    def add() -> None:
        bench.add_drawing(drawing(1))
        bench.poll()
        application.processEvents()

    print()
    timed(f"one more drawing among {count:,}, shown in the window", add, times=9)
    assert len(bench.materials()) == count + 9
    window.close()
    window.deleteLater()
