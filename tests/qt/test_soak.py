"""A window used at random for a short while holds no more threads and files than before; see tests/fuzz/soak.py."""

from pathlib import Path

import pytest
from soak import User, counted


@pytest.mark.slow
def test_nothing_is_left_behind(qapp, tmp_path: Path) -> None:
    user = User(tmp_path, seed=3)
    user.use_everything()
    before = user.rest()
    for _ in range(25):
        user.act()
    after = user.rest()
    user.leave()
    assert (after.threads, after.files) == (before.threads, before.files)
    assert not [sentence for sentence in user.refusals if "mistake in the studio" in sentence]


def test_a_thread_and_a_file_would_be_counted(tmp_path: Path) -> None:
    before = counted()
    with (tmp_path / "open").open("w"):
        assert counted().files == before.files + 1
