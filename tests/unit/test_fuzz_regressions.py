"""What once made a reader fail does so no longer, and the good files that are damaged for it are good."""

import pytest
import targets
from campaign import regressions
from damage import damaged
from hypothesis import given, settings
from hypothesis import strategies as st

TARGETS = targets.targets()


@pytest.mark.parametrize("name", TARGETS)
def test_what_failed_once(name: str) -> None:
    for data in (*TARGETS[name].good, b"", *regressions(name)):
        TARGETS[name].attempt(data)


@pytest.mark.parametrize("name", ["project file", "recipe", "checkpoint", "list of recent projects"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damaged_files_are_refused_in_a_sentence(name: str, data: st.DataObject) -> None:
    TARGETS[name].attempt(data.draw(damaged(TARGETS[name].good)))
