"""The one kind of error that reaches a user."""

from __future__ import annotations

from pathlib import Path


class StudioError(Exception):
    """What went wrong, where, and how to mend it, in one sentence meant for the user.

    Everything that catches errors for display (the window, the command line) shows the text of a
    ``StudioError`` as it stands; any other exception is a defect of the studio and goes to the log.
    """


class DamagedProject(StudioError):
    """A project file that cannot be read as a whole; what can be read of it may be rescued.

    Attributes:
        path: of the file, a `pathlib.Path`.
    """

    def __init__(self, sentence: str, path: Path) -> None:
        super().__init__(sentence)
        self.path = path


class LostClaim(StudioError):
    """A project that this studio was writing to has been taken over by another process, or is another file now."""
