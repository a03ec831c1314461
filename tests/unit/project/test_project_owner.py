"""Is a process still at work?"""

import os
import platform
import subprocess
import sys

import pytest

from studio.project.owner import may_be_alive, this_process


def test_this_one_is() -> None:
    assert may_be_alive(this_process())


def test_one_that_has_ended_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = f"{platform.node()}/{child.pid}"
    assert may_be_alive(owner)
    child.kill()
    if sys.platform == "linux":
        # Killed but not collected: for whoever waits for its work it is as dead as can be.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not may_be_alive(owner)
    child.communicate()
    assert not may_be_alive(owner)


@pytest.mark.parametrize(
    "owner",
    ["", "me", "me/", "me/x", pytest.param(f"{this_process()}x", id="this process and more"), "99999999999999999999"],
)
def test_nonsense_is_not(owner: str) -> None:
    assert not may_be_alive(owner)


def test_one_elsewhere_may_be() -> None:
    assert may_be_alive("another-computer/1")


def test_a_number_beyond_all_processes() -> None:
    assert not may_be_alive(this_process().split("/")[0] + "/99999999999999999999")
