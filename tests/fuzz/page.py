"""Runs everything that shows how reliable the studio is, and prints the figures on one page, with date and commit.

    python tests/fuzz/page.py                 hours
    python tests/fuzz/page.py --share 0.01    the same with a hundredth of each, to see that it works

What each part says is kept in build/reliability; the page too, as page.txt.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TOP = Path(__file__).parent.parent.parent
KEPT = TOP / "build" / "reliability"


@dataclass(frozen=True)
class Part:
    """One campaign.

    Attributes:
        title: what it does, for the page.
        command: after the interpreter; ``{n}`` stands for the number of attempts.
        attempts: how many in the long form, 0 where it has no such number.
        lines: of what it says last, as many as have the figures.
    """

    title: str
    command: str
    attempts: float = 0
    lines: int = 1

    def words(self, share: float) -> list[str]:
        """The command line, with a share of the attempts."""
        return self.command.format(n=max(1, round(self.attempts * share))).split()


PARTS = {
    "damaged": Part("Damaged files read", "tests/fuzz/campaign.py --inputs {n}", 100_000, 18),
    "kills": Part("Kills at random moments", "tests/fuzz/kills.py --kills {n}", 1000, 5),
    "hands": Part("Two processes on one file", "tests/fuzz/two_hands.py --steps {n}", 100_000, 2),
    "writes": Part("Every write of every command failed", "tests/fuzz/writes.py", lines=15),
    "seeds": Part("Starts of each recipe with one seed", "tests/fuzz/seeds.py --starts {n}", 200),
    "injections": Part("Numbers that are not finite", "tests/fuzz/injection.py --injections {n}", 500, 2),
    "soak": Part("A window used at random", "tests/fuzz/soak.py --minutes {n}", 60, 3),
    "projects": Part("Projects opened in turn", "tests/fuzz/soak.py --projects {n}", 100, 3),
    "load": Part("A project of years", "-m pytest tests/benchmarks/test_load.py -s -q", lines=30),
}
SHORT = {"writes": "--most 3"}  # instead of a number of attempts


@dataclass(frozen=True)
class Outcome:
    """What came of a part."""

    part: Part
    code: int
    said: Sequence[str]
    minutes: float


def commit() -> str:
    """The commit that is checked out, and whether anything differs from it."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def outcome(name: str, share: float) -> Outcome:
    """Run a part to its end; what it says is shown, and kept in a file."""
    part, began, said = PARTS[name], time.monotonic(), []
    words = part.words(share) + (SHORT[name].split() if share < 1 and name in SHORT else [])
    print(f"== {part.title}: {' '.join(words)}", flush=True)
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ
    command = [sys.executable, *words]
    joined = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with (
        (KEPT / f"{name}.txt").open("w", encoding="utf-8") as kept,
        subprocess.Popen(command, text=True, cwd=TOP, env=environment, **joined) as process,  # type: ignore[call-overload]
    ):
        for line in process.stdout or ():
            print(line, end="", flush=True)
            kept.write(line)
            said.append(line.rstrip())
    last = [line for line in said if line.strip()][-part.lines :]
    return Outcome(part, process.returncode, last, (time.monotonic() - began) / 60)


def page(outcomes: Sequence[Outcome], share: float) -> str:
    """The page."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    system = f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    lines = [f"VRNN Studio, reliability: {now}, commit {commit()}", system]
    if share != 1:
        lines.append(f"Not the whole: {share:g} of the attempts of each part.")
    for each in outcomes:
        verdict = "passed" if each.code == 0 else f"FAILED ({each.code})"
        lines += [
            "",
            f"{each.part.title}: {verdict}, {each.minutes:.1f} minutes",
            *(f"    {line}" for line in each.said),
        ]
    return "\n".join(lines)


def main() -> int:
    """Everything; 1 where a part failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the attempts of each part (default: 1)")
    parser.add_argument("--part", action="append", choices=sorted(PARTS), help="only this part; several may be named")
    arguments = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    outcomes = [outcome(name, arguments.share) for name in arguments.part or PARTS]
    text = page(outcomes, arguments.share)
    (KEPT / "page.txt").write_text(text + "\n", "utf-8")
    print(f"\n{text}", flush=True)
    return 0 if all(each.code == 0 for each in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
