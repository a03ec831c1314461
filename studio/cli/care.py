"""Commands that look after projects and the computer they are on."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from studio.cli.opened import WrongUse, workbench
from studio.cli.projects import DONE, FAILED
from studio.cli.saying import say
from studio.errors import StudioError
from studio.project.file import ENDING
from studio.project.rescue import Rescued, check
from studio.workbench import LeftBehind


def check_project(arguments: argparse.Namespace) -> int:
    """``vrnn-studio check PROJECT [--repair] [--out PATH]``; 1 where something is wrong."""
    path: Path = arguments.project
    ended = path.with_name(path.name + ENDING)
    path = ended if not path.exists() and ended.exists() else path
    if arguments.out is not None and not arguments.repair:
        raise WrongUse("--out says where --repair puts what it rescues: give both.")
    problems = check(path)
    for problem in problems:
        say(problem, file=sys.stderr)
    if not problems:
        say(f"{path}: everything in it can be read.")
        return DONE
    if arguments.repair:
        with workbench() as bench:
            _report(path, bench.wait(bench.rescue(path, arguments.out)).result)
    return FAILED


def restore_project(arguments: argparse.Namespace) -> int:
    """``vrnn-studio restore COPY [PROJECT]``."""
    with workbench() as bench:
        restored = bench.restore(arguments.copy, arguments.project)
        say(f"{restored.path}: what {arguments.copy} holds.")
        if restored.before is not None:
            say(f"{restored.before}: what was there before.")
    return DONE


def recover_project(arguments: argparse.Namespace) -> int:
    """``vrnn-studio recover [NUMBER PROJECT]``."""
    with workbench() as bench:
        found: tuple[LeftBehind, ...] = bench.wait(bench.look_for_left_behind()).result or ()
        if arguments.number is None:
            for number, left in enumerate(found, 1):
                when = datetime.fromtimestamp(left.changed).isoformat(" ", "minutes")
                say(f"{number}  {when}  {left.size / 1e6:.1f} MB  {left.holds}")
            if not found:
                say("No untitled project was left behind.", file=sys.stderr)
            return DONE
        if arguments.project is None:
            raise StudioError(f"Say where project {arguments.number} shall be kept, such as kept.vrnn.")
        if not 1 <= arguments.number <= len(found):
            raise StudioError(f"There is no project {arguments.number}: {len(found)} were left behind.")
        if arguments.project.exists():
            raise StudioError(f"{arguments.project} is there already: choose another name.")
        bench.open(found[arguments.number - 1].path)
        bench.save_as(arguments.project)
        say(f"{bench.path}: {found[arguments.number - 1].holds}.")
    return DONE


def _report(path: Path, rescued: Rescued) -> None:
    kept = ", ".join(f"{count} {table}" for table, count in rescued.kept.items() if count)
    say(f"{rescued.path}: what can be read of {path.name} ({kept}); {path.name} itself is as it was.")
    for sentence in rescued.lost:
        say(sentence, file=sys.stderr)


def examine(arguments: argparse.Namespace) -> int:
    """``vrnn-studio doctor [--bundle FILE.zip]``."""
    from studio import doctor

    if arguments.bundle is None:
        return doctor.main()
    doctor.bundle(arguments.bundle)
    say(f"{arguments.bundle}: what the studio found on this computer, and its log; no material, no models.")
    return DONE
