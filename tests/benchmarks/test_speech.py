"""Speech one can understand: the judges, what each representation alone costs, and what a model says.

    pytest -s tests/benchmarks/test_speech.py

Prints what it finds, with 95% intervals. The judges are taught once (three and a half minutes of one processor core).
To judge clips made elsewhere: python tests/benchmarks/speech_report.py FOLDER
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import not_speech
import numpy as np
import pytest
import torch
from speech_report import Court, SpeechReport
from spoken_digits import FOLDER, SpokenDigits, read_clip, spoken_digits

from studio import cli
from studio.sequences.recording import Recording
from studio.sequences.speech.representation import SpeechRepresentation
from studio.sequences.speech.settings import (
    AnySpeechSettings,
    LogMelSettings,
    RawFrameSettings,
    SourceFilterSettings,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SEED = 1
SECONDS = 120  # of training, on one core
CLIPS = 200


@pytest.fixture(scope="module")
def court() -> Court:
    if not FOLDER.is_dir():
        pytest.skip("the Free Spoken Digit Dataset is not beside the checkout")
    torch.set_num_threads(1)
    return Court()


def told(what: str, report: SpeechReport) -> SpeechReport:
    print(f"\n{what}:\n{report}")
    return report


# ---------------------------------------------------------------- the judges


def test_judges_on_real_clips(court: Court) -> None:
    real = told("real clips that the judges have not heard before", court.real)
    assert real.recognised.value >= 0.98
    assert real.strictly.value >= 0.98
    assert real.not_speech.value <= 0.01


def test_judges_on_what_is_not_speech(court: Court) -> None:
    rejected = []
    print()
    for kind in not_speech.KINDS:
        clips = not_speech.spoilt(court.test.clips, kind, seed=99)
        rejected.append(1 - court.judge.is_speech(clips).mean())
        lenient = (court.judge.digits(clips) == court.test.digits).mean()
        print(f"{kind:28s} rejected by J2 {100 * rejected[-1]:5.1f}%, called its digit by J1 {100 * lenient:5.1f}%")
    print(f"{'all kinds':28s} rejected by J2 {100 * np.mean(rejected):5.1f}%")
    assert np.mean(rejected) >= 0.98
    assert min(rejected) >= 0.93


# ---------------------------------------------------------------- representations


@pytest.mark.parametrize(
    "settings", [SourceFilterSettings(), LogMelSettings(), RawFrameSettings()], ids=["source-filter", "log-mel", "raw"]
)
def test_copy_synthesis(settings: AnySpeechSettings, court: Court) -> None:
    """Real clips, described frame by frame and spoken again without a model."""
    representation = SpeechRepresentation(settings)
    representation.fit([Recording(samples, rate) for samples, rate in spoken_digits(test=False).clips[::20]])
    began = time.process_time()
    copies = [
        representation.decode(representation.encode(Recording(samples, rate)).frames)
        for samples, rate in court.test.clips
    ]
    took = (time.process_time() - began) / len(copies)
    clips = [(copy.mono, copy.rate) for copy in copies]
    report = told(f"copies, {1000 * took:.0f} ms each", court.report(clips, court.test.digits))
    assert report.recognised.value >= 0.97
    assert report.not_speech.value <= 0.05


# ---------------------------------------------------------------- what a model says


def run(*words: object) -> None:
    arguments = [str(word) for word in words]
    print("vrnn-studio", *arguments, flush=True)
    assert cli.main(arguments) == 0


@pytest.fixture
def one_core() -> Iterator[None]:
    """Nothing of this process runs on a second core, so that no more processor time is spent than time goes by."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not let a program keep to one core")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    yield
    os.sched_setaffinity(0, allowed)


def learned(recipe: str, folder: Path) -> Path:
    """A project that has learned from the training part, as a person would have it learn."""
    (folder / "clips").mkdir()
    for path in spoken_digits(test=False).paths:
        (folder / "clips" / path.name).symlink_to(path.resolve())
    project = folder / "digits.vrnn"
    run("new", project)
    run("import", project, folder / "clips", "--kind", "audio")
    began = time.process_time()
    run("train", project, "--recipe", recipe, "--seed", SEED, "--minutes", SECONDS / 60)
    print(f"trained in {time.process_time() - began:.0f} s of one core's time, reading and encoding included")
    return project


def said(project: Path, folder: Path) -> SpokenDigits:
    """Clips of every digit, each asked for by name."""
    folder.mkdir()
    paths: list[Path] = []
    for digit in range(10):
        out = folder / f"{digit}.wav"  # several clips make it a folder
        run("generate", project, "--count", CLIPS // 10, "--label", digit, "--seed", digit, "--out", out)
        paths += sorted(out.glob("*.wav"))
    digits = np.array([int(path.parent.stem) for path in paths], np.int64)
    return SpokenDigits([read_clip(path) for path in paths], digits, paths)


def test_what_the_default_recipe_says(court: Court, one_core: None, tmp_path: Path) -> None:
    project = learned("speech", tmp_path)
    clips = said(project, tmp_path / "said")
    assert len(clips) == CLIPS
    report = told(f"{CLIPS} clips by a model that learned for {SECONDS} s", court.report(clips.clips, clips.digits))
    assert report.recognised.value >= 0.92
    assert report.not_speech.value <= 0.05
