"""The one kind of error that reaches a user."""


class StudioError(Exception):
    """What went wrong, where, and how to mend it, in one sentence meant for the user.

    Everything that catches errors for display (the window, the command line) shows the text of a
    ``StudioError`` as it stands; any other exception is a defect of the studio and goes to the log.
    """
