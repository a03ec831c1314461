"""The studio's window in a tester's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from program import Program, Widget
from shapes import Points


class Studio(Program):
    """The program with its window open."""

    @property
    def title(self) -> str:
        return self.find("studio").text or ""

    @property
    def drawings(self) -> int:
        """How many drawings the collection shows."""
        return len(self.find(kind="CollectionView").items)

    def wait_for_drawings(self, count: int) -> None:
        """Until the collection has that many."""
        self.wait_for(lambda: self.drawings == count, f"{count} drawings in the collection")

    def draw(self, *strokes: Points) -> None:
        """Draw on the canvas, places counted from its middle, and put the drawing into the collection."""
        middle = np.array(self.find(kind="DrawingCanvas").middle)
        before = self.drawings
        for stroke in strokes:
            self.screen.drag(stroke + middle)
        self.screen.press("Return")
        self.wait_for_drawings(before + 1)

    def new_project(self) -> None:
        """An empty project in the place of the untouched sample."""
        self.choose("File", "New")
        self.wait_for_drawings(0)

    def enter_path(self, path: Path) -> None:
        """Answer the file dialog that is open, or about to be."""
        field = self.find("fileNameEdit")
        self.screen.click(field.middle)
        self.screen.press("ctrl+a")
        self.screen.type(str(path))
        self.wait_for(lambda: self.find("fileNameEdit").text == str(path), "the path to be typed")
        self.screen.press("Return")

    def save_as(self, path: Path) -> None:
        self.choose("File", "Save As")
        self.enter_path(path)
        self.wait_for(lambda: self.title.startswith(path.stem), "the new name in the title")

    def run_button(self, text: str) -> Widget:
        """One of the buttons that run a training: Train, Pause, Stop."""
        return self.find(text=text, kind="QPushButton")

    def quit(self) -> int:
        """Leave by the menu; the exit code, where nothing is asked."""
        self.choose("File", "Quit")
        return self.wait_for_end()
