"""An X screen of its own, with a window manager, real mouse and keyboard events, and pictures of what it shows."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEEDED = ("Xvfb", "openbox", "xdotool")

Found = TypeVar("Found")
Place = tuple[float, float]  # pixels from the upper left corner of the screen


def missing_programs() -> list[str]:
    """What would have to be installed."""
    return [name for name in NEEDED if shutil.which(name) is None]


def wait_until(look: Callable[[], Found | None], what: str, seconds: float = 60) -> Found:
    """Look again and again until there is something.

    Raises:
        TimeoutError: after that many seconds, which only keep a broken test from hanging.
    """
    end = time.monotonic() + seconds
    pause = 0.05
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(pause)
        pause = min(pause * 1.1, 2.0)  # looking costs the program time too
    return found


class VirtualScreen:
    """Xvfb on a display number that is free, openbox in it, xdotool as hand.

    Attributes:
        size: width and height in pixels.
        environment: what a program needs to open its windows here.
    """

    def __init__(self, size: tuple[int, int] = (1280, 800)) -> None:
        self.size = size
        self._folder = tempfile.TemporaryDirectory(prefix="vrnn-studio-screen-")
        self._server = self._start_server()
        self._manager: subprocess.Popen[bytes] | None = None
        try:
            self._manager = self._start_manager()
        except BaseException:
            self.close()
            raise

    def _start_server(self) -> subprocess.Popen[bytes]:
        reading, writing = os.pipe()
        width, height = self.size
        server = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-dpi", "96"),
                *("-nolisten", "tcp", "-noreset", "-fbdir", self._folder.name),
            ],
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("WAYLAND", "QT_"))
        }
        self.environment |= {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "HOME": self._folder.name}
        return server

    def _start_manager(self) -> subprocess.Popen[bytes]:
        manager = subprocess.Popen(
            ["openbox", "--sm-disable"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: self._xdotool("get_num_desktops", check=False).returncode == 0, "the window manager")
        return manager

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Switch the screen off."""
        for process in (self._manager, self._server):
            if process is not None:
                process.terminate()
                process.wait()
        self._folder.cleanup()

    # ------------------------------------------------------------ the hand

    def _xdotool(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True, check=check)

    def point(self, place: Place) -> None:
        """Move the mouse there."""
        self._xdotool("mousemove", *_pixels(place))

    def click(self, place: Place, button: int = 1, times: int = 1) -> None:
        """Move there and click."""
        self._xdotool("mousemove", *_pixels(place), "sleep", "0.05")
        self._xdotool("click", "--repeat", str(times), "--delay", "60", str(button))

    def drag(self, way: Sequence[Place] | NDArray[np.float64], seconds: float = 0.8) -> None:
        """Press the button at the first place, move along all of them in that time, let go at the last."""
        pause = f"{seconds / len(way):.4f}"
        first, *rest = [_pixels(place) for place in way]
        words = ["mousemove", *first, "sleep", "0.05", "mousedown", "1"]
        for place in rest:
            words += ["mousemove", *place, "sleep", pause]
        self._xdotool(*words, "mouseup", "1")

    def wheel(self, place: Place, clicks: int) -> None:
        """Turn the wheel there: up where positive."""
        self.click(place, button=4 if clicks > 0 else 5, times=abs(clicks))

    def press(self, *keys: str) -> None:
        """Press keys one after another: "Return", "ctrl+s"."""
        self._xdotool("key", "--clearmodifiers", "--delay", "40", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--clearmodifiers", "--delay", "15", text)

    # ------------------------------------------------------------ the eye

    def picture(self) -> NDArray[np.uint8]:
        """What the screen shows, ``[height, width, 3]``, red, green, blue."""
        return read_xwd(Path(self._folder.name, "Xvfb_screen0").read_bytes())

    def save_picture(self, path: Path) -> None:
        """Write what the screen shows to a PNG file."""
        Image.fromarray(self.picture()).save(path)


def read_xwd(data: bytes) -> NDArray[np.uint8]:
    """The image in an X window dump of 32 bits per pixel, as Xvfb keeps of its screen (X11/XWDFile.h)."""
    header = struct.unpack_from(">25I", data)
    header_size, width, height, row_bytes, colours = (header[index] for index in (0, 4, 5, 12, 19))
    rows = np.frombuffer(data, np.uint8, height * row_bytes, header_size + colours * 12).reshape(height, row_bytes)
    blue_green_red = rows[:, : width * 4].reshape(height, width, 4)[..., :3]
    return blue_green_red[..., ::-1].copy()


def _pixels(place: Iterable[float]) -> tuple[str, str]:
    x, y = place
    return str(round(x)), str(round(y))
