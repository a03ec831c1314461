"""Sizes beyond all memory, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from studio import capacity

BILLION, TRILLION = 10**9, 10**12


def test_sizes_beyond_all_memory_are_refused_with_the_number(
    trained: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = trained
    monkeypatch.setattr(capacity, "memory", lambda: 100 * 2**30)
    for line in (
        f"pattern sine --points {TRILLION} --out s.csv",
        f"pattern sine --count {TRILLION} --out s",
        f"train {project} --recipe tiny.toml --set hidden={10**6}",
        f"train {project} --recipe tiny.toml --set latent={TRILLION}",
        f"train {project} --recipe tiny.toml --set components={TRILLION}",
        f"train {project} --recipe tiny.toml --set encoder.widths=[{10**6},{10**6}]",
        f"train {project} --recipe tiny.toml --set batch={TRILLION}",
        f"train {project} --recipe tiny.toml --set window={TRILLION}",
        f"train {project} --recipe vae --set length={TRILLION}",
        f"generate {project} --count {BILLION} --length 100 --out x.svg",
        f"generate {project} --length {TRILLION} --out x.svg",
        f"evaluate {project} --bound iwae --particles {TRILLION}",
        f"compare {project} --count {TRILLION} --image x.png",
        f"transitions {project} --pattern eight --length {TRILLION}",
        f"transitions {project} --pattern eight --count {TRILLION}",
    ):
        said = run(line)
        assert said.code in (1, 2), f"{line}: {said}"
        told = (
            "GB of memory, and this computer has 107: ",
            "expected int <= ",
        )  # some settings have a bound of their own
        assert any(words in said.err for words in told), f"{line}: {said}"
        assert len(said.err.splitlines()) == 1, f"{line}: {said}"
