"""The studio without a screen: everything the window can do, for terminals and scripts."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from studio import log
from studio.cli.opened import WrongUse
from studio.cli.parser import build_parser
from studio.cli.saying import say, silence, speak_anywhere
from studio.errors import StudioError

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for.

    Args:
        argv: without the program's name; None: those the program was called with.

    Returns:
        the exit code: 0 done, 2 wrong use, 130 interrupted by the user, 1 anything else.
    """
    speak_anywhere()
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    if arguments.command is None:
        parser.print_help()
        return MISUSED
    log.start()
    with _termination_like_interruption():
        return _guarded(arguments)


def _guarded(arguments: object) -> int:
    try:
        code: int = arguments.command(arguments)  # type: ignore[attr-defined]
        sys.stdout.flush()
        return code
    except WrongUse as error:
        say(error, file=sys.stderr)
        return MISUSED
    except StudioError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        say("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has had enough, as in `vrnn-studio info p.vrnn | head -1`
        with suppress(OSError):
            sys.stdout.close()
        return FAILED
    except MemoryError:
        return _fail("There is not enough memory for this: try it with fewer or shorter drawings, or a smaller model.")
    except OSError as error:
        _log.exception("command failed")
        return _fail(f"{error.filename or 'A file'}: {error.strerror or error}.")
    except Exception as error:
        _log.exception("command failed")
        return _fail(f"This failed because of a mistake in the studio ({error!r}): its log says more, {log.place()}.")


def _fail(sentence: str) -> int:
    say(sentence, file=sys.stderr)
    return FAILED


@contextmanager
def _termination_like_interruption() -> Iterator[None]:
    """Let a training be saved when the system shuts down, a scheduler ends it, or its terminal is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGTERM:  # the terminal is gone
            silence(sys.stdout, sys.stderr)
        raise KeyboardInterrupt

    ending = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {
        number: signal.signal(number, interrupt) for number in ending if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
