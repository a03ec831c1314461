"""A studio killed at any moment loses nothing that it had acknowledged: the short form of tests/fuzz/kills.py."""

import sys
from pathlib import Path

import kills
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@pytest.mark.parametrize("kind", kills.WORK)
def test_nothing_acknowledged_is_lost(kind: str, tmp_path: Path) -> None:
    tally = kills.kill_often(kind, 3, seed=2, folder=tmp_path)
    assert (tally.kills, tally.lost, tally.refused) == (3, 0, 0)


def test_a_loss_would_be_noticed(tmp_path: Path) -> None:
    from studio.project.file import Project

    Project.create(tmp_path / "p.vrnn").close()
    said = [["added", "1"], ["added", "2"]]
    assert kills._look_at_material(tmp_path / "p.vrnn", said, {}) == 1
