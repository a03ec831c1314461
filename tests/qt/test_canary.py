"""PySide6 6.12.0 loses a reference to None with every call that returns it: on Python 3.11 it aborts within seconds."""

import sys

from PySide6.QtGui import QPen


def test_calls_that_return_nothing_leave_the_references_to_none_alone() -> None:
    pen = QPen()
    before = sys.getrefcount(None)
    for width in range(500):
        pen.setWidth(width)
    assert abs(sys.getrefcount(None) - before) < 50
