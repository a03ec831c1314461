"""The real program on a virtual screen, as a test sees it: what is there, and waiting until something is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from virtual_screen import Found, Place, VirtualScreen, wait_until

RESTING = 4  # looks, 0.05 s apart, after which something is taken to stay in its place

TOP = Path(__file__).parent.parent.parent
DRIVER = Path(__file__).with_name("driver.py")


@dataclass(frozen=True)
class Entry:
    """One entry of a list, a menu or a tab bar."""

    text: str
    box: tuple[int, int, int, int]
    enabled: bool
    chosen: bool

    @property
    def middle(self) -> Place:
        return middle(self.box)


@dataclass(frozen=True)
class Widget:
    """A visible widget.

    Attributes:
        name: its object name.
        kind: the names of its class and of that class's bases.
        text: what it says; a window's title.
        tip: its tooltip.
        value: of a slider, spin box, progress bar; whether a button is checked.
        exposed: whether any part of it can be seen.
        box: x, y, width, height on the screen.
        window: object name of its window.
    """

    name: str
    kind: tuple[str, ...]
    text: str | None
    tip: str
    value: float | bool | None
    enabled: bool
    focus: bool
    exposed: bool
    box: tuple[int, int, int, int]
    window: str
    items: tuple[Entry, ...] = field(repr=False)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Widget:
        items = tuple(Entry(**{**item, "box": tuple(item["box"])}) for item in values["items"])
        return cls(**{**values, "kind": tuple(values["kind"]), "box": tuple(values["box"]), "items": items})

    @property
    def middle(self) -> Place:
        return middle(self.box)

    def entry(self, text: str) -> Entry:
        """The entry that begins with this text.

        Raises:
            AssertionError: where there is none.
        """
        for entry in self.items:
            if entry.text.startswith(text):
                return entry
        raise AssertionError(f"no {text!r} in {[entry.text for entry in self.items]}")


def middle(box: Iterable[float]) -> Place:
    x, y, width, height = box
    return x + width / 2, y + height / 2


class Program:
    """``vrnn-studio`` with these arguments, in its own process.

    Args:
        screen: where it opens its window.
        home: folder for its settings, data and logs; hand the same one to a second program to let it remember.
        arguments: as on the command line.
    """

    def __init__(self, screen: VirtualScreen, home: Path, *arguments: str) -> None:
        self.screen = screen
        self._log = home / "output.txt"
        ours, theirs = socket.socketpair()
        ours.settimeout(120)
        self._channel = ours.makefile("rw")
        ours.close()
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(DRIVER), str(theirs.fileno()), *arguments],
                env=screen.environment | self._places(home),
                cwd=home,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        theirs.close()

    @staticmethod
    def _places(home: Path) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [str(TOP), os.environ.get("PYTHONPATH")]))
        folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        return {"PYTHONPATH": path, "HOME": str(home), **folders}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._process.poll() is None:
            self.screen.save_picture(self._log.with_name("last-seen.png"))
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._channel.close()
        if error is not None:
            error.add_note(
                f"The program said: {self.output}\nIts last picture is {self._log.with_name('last-seen.png')}"
            )

    @property
    def output(self) -> str:
        """All that it wrote to its standard output and standard error."""
        return self._log.read_text(errors="replace")

    # ------------------------------------------------------------ looking

    def look(self) -> list[Widget]:
        """Every visible widget at this moment.

        Raises:
            AssertionError: where the program has ended.
        """
        try:
            self._channel.write("look\n")
            self._channel.flush()
            answer = self._channel.readline()
        except (BrokenPipeError, ConnectionResetError):
            answer = ""
        if not answer:
            raise AssertionError(f"the program has ended with {self._process.wait(60)}")
        return [Widget.of(values) for values in json.loads(answer)]

    def all(self, name: str = "", *, text: str = "", kind: str = "") -> list[Widget]:
        """The visible widgets with this object name, this text, of this class."""
        return [
            widget
            for widget in self.look()
            if (not name or widget.name == name)
            and (not text or widget.text == text)
            and (not kind or kind in widget.kind)
            and widget.exposed
        ]

    def find(self, name: str = "", *, text: str = "", kind: str = "", seconds: float = 60) -> Widget:
        """The first of them, as soon as there is one that stays where it is: a window manager moves new windows."""
        what = " ".join(filter(None, [kind, name, repr(text) if text else ""]))
        boxes: list[tuple[int, ...]] = []

        def resting() -> Widget | None:
            for widget in self.all(name, text=text, kind=kind):
                boxes.append(widget.box)
                return widget if boxes[-RESTING:] == [widget.box] * RESTING else None
            return None

        return self.wait_for(resting, what, seconds)

    def is_there(self, name: str = "", *, text: str = "", kind: str = "") -> bool:
        """Whether such a widget can be seen."""
        return bool(self.all(name, text=text, kind=kind))

    def wait_for(self, look: Callable[[], Found | None], what: str, seconds: float = 60) -> Found:
        """Look until there is something, or fail saying what was there instead."""
        try:
            return wait_until(look, what, seconds)
        except TimeoutError as error:
            there = sorted({f"{widget.kind[0]} {widget.name} {widget.text or ''}" for widget in self.look()})
            error.add_note("On the screen were:\n" + "\n".join(there))
            raise

    # ------------------------------------------------------------ doing

    def click(self, name: str = "", *, text: str = "", kind: str = "") -> None:
        """Click on the middle of a widget, once it is there and can be used."""

        def usable() -> Widget | None:
            widget = self.find(name, text=text, kind=kind)
            return widget if widget.enabled else None

        self.screen.click(self.wait_for(usable, f"{kind} {name} {text!r} to become usable").middle)

    def choose(self, *texts: str) -> None:
        """Choose from the menus: ``choose("File", "Save as")``."""
        bar = self.find(kind="QMenuBar")
        self.screen.click(bar.entry(texts[0]).middle)
        for text in texts[1:]:

            def entry(text: str = text) -> Entry | None:
                entries = (item for menu in self.all(kind="QMenu") for item in menu.items)
                return next((item for item in entries if item.text.startswith(text) and item.enabled), None)

            self.screen.click(self.wait_for(entry, f"{text!r} in a menu").middle)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """A program that does not get round to anything meanwhile; what is done to it, it finds later."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """What a power cut does to it."""
        self._process.kill()
        self._process.wait()

    def wait_for_end(self, seconds: float = 60) -> int:
        """Its exit code, once it has ended."""
        return self._process.wait(seconds)
