"""Texts learned by the command line: how many bits does a character take, and does what is written keep the form?

    pytest -s tests/benchmarks/test_text.py

The material is the Tiny Shakespeare of Karpathy's char-rnn (1.1 million characters), of which the last tenth is held
back. Prints what it finds, with the time of one processor that the training took.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from studio import cli

PLAYS = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "tinyshakespeare" / "input.txt"
SEED = 1
CHARACTERS = 4000
NAME = re.compile(r"[A-Z][A-Za-z' ]*:")

MOST_BITS = 2.25
LEAST_NAMED = 0.8  # share of the paragraphs that begin with the name of who speaks


def run(*words: object) -> None:
    arguments = [str(word) for word in words]
    print("vrnn-studio", *arguments, flush=True)
    assert cli.main(arguments) == 0


def named(text: str) -> float:
    """The share of the paragraphs that begin with a line NAME: and go on below it; those cut at the ends left out."""
    paragraphs = [paragraph.strip().split("\n") for paragraph in text.split("\n\n")][1:-1]
    speeches = [lines for lines in paragraphs if NAME.fullmatch(lines[0]) and len(lines) > 1]
    print(f"{len(speeches)} of {len(paragraphs)} paragraphs are speeches")
    return len(speeches) / max(1, len(paragraphs))


def test_what_counts_as_a_speech() -> None:
    assert named("cut.\n\nFirst Citizen:\nSpeak.\n\nKING'S MAN:\nNo.\n\nExeunt\n\nROMEO:\n\ncut") == 0.5


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.skipif(not PLAYS.exists(), reason="the plays are not here")
@pytest.mark.parametrize("latent", [None, 0])
def test_plays(latent: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The recipe as it is, and without z: then it is an RNN."""
    project, sample = tmp_path / "plays.vrnn", tmp_path / "sample.txt"
    run("new", project)
    run("import", project, PLAYS)
    began = time.process_time()
    run(
        "train", project, "--recipe", "text", "--seed", SEED, *([] if latent is None else ["--set", f"latent={latent}"])
    )
    seconds = time.process_time() - began
    capsys.readouterr()
    run("evaluate", project, "--json")
    found = json.loads(capsys.readouterr().out.partition("\n")[2])
    run("generate", project, "--length", CHARACTERS, "--seed", SEED, "--out", sample)
    text = sample.read_text("utf-8")
    with capsys.disabled():
        print(f"\n{text[:600]}\n")
        print(f"trained in {seconds:.0f} s of one processor's time")
        print(f"{found['bits_per_character']:.3f} bits per character on {found['on']} ({found['frames']:,} characters)")
        share = named(text)
    assert found["bits_per_character"] <= MOST_BITS
    assert share >= LEAST_NAMED
