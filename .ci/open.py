"""The end of `make run`: open the studio, or do its main job without a screen where there is none."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("vrnn-studio")


def answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    """Whether somebody listens there: a variable may name a screen that is gone."""
    with socket.socket(family) as attempt:
        attempt.settimeout(3)
        try:
            attempt.connect(address)
        except OSError:
            return False
    return True


def has_wayland() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(name) and answers(socket.AF_UNIX, str(Path(folder) / name))


def has_x11() -> bool:
    match = re.fullmatch(r"(?P<host>.*):(?P<number>\d+)(\.\d+)?", os.environ.get("DISPLAY", ""))
    if not match:
        return False
    if match["host"] in ("", "unix"):
        path = f"/tmp/.X11-unix/X{match['number']}"
        return answers(socket.AF_UNIX, path) or answers(socket.AF_UNIX, "\0" + path)
    return answers(socket.AF_INET, (match["host"], 6000 + int(match["number"])))


def has_display() -> bool:
    return sys.platform != "linux" or has_wayland() or has_x11()


def main() -> None:
    arguments = [str(PROGRAM)]
    if not has_display():
        print(
            "There is no display here, so the studio trains on its sample without a window and leaves "
            "the results in demo/.",
            flush=True,
        )
        arguments += ["demo", "--out", "demo"]
    os.execv(PROGRAM, arguments)


if __name__ == "__main__":
    main()
