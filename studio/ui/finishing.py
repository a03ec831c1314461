"""A drawing that the model finishes, in several ways, or goes on with after the person has taken the pen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from studio.sequences.material import Drawing
from studio.sequences.materials import Material
from studio.ui.reading import Reader
from studio.ui.shared_canvas import SharedCanvas
from studio.workbench import MaterialItem, Workbench

FEWEST, MOST, USUAL = 2, 16, 9  # ways


@dataclass(frozen=True)
class Unfinished:
    """What the model goes on from, all of it.

    Attributes:
        ways: how many are laid over each other; 0: the pens draw side by side as usual.
        on_canvas: whether it is on the canvas where the person draws, so that what becomes of it goes back there.
        stays: whether it was made where the model draws, and stays where it is.
    """

    drawing: Drawing
    ways: int = 0
    on_canvas: bool = False
    stays: bool = False


class Finishing(QObject):
    """Knows what is gone on from, and what becomes of it.

    Args:
        workbench: has the collection.
        canvas: where the model draws.

    Attributes:
        unfinished: None: the model begins by itself, or with what the generation pane says.
    """

    changed = Signal()  # the model shall go on from something else
    said = Signal(str)
    uses_canvas = Signal()  # what is on the person's canvas waits there
    taken = Signal(object)  # Drawing: becomes what is on the person's canvas

    def __init__(self, workbench: Workbench, canvas: SharedCanvas, parent: QObject) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._canvas = canvas
        self._reader = Reader(self)
        self._on_canvas: Drawing | None = None
        self.unfinished: Unfinished | None = None
        canvas.drawn.connect(self._draw_on)

    @property
    def ways(self) -> int:
        """How many are laid over each other; 0: none."""
        return 0 if self.unfinished is None else self.unfinished.ways

    def know(self, drawing: Drawing | None) -> None:
        """This is on the canvas where the person draws."""
        self._on_canvas = drawing

    def why_not(self, selected: list[MaterialItem]) -> str:
        """Why there is nothing to finish, as a sentence goes on; "" where there is something."""
        if self._on_canvas is not None or any(item.kind == "pen" for item in selected):
            return ""
        return "draw something on the canvas, or select a drawing in the collection first."

    def begin(self, ways: int, selected: list[MaterialItem]) -> None:
        """Finish what is on the canvas, else the first that is selected."""
        if self._on_canvas is not None:
            self.uses_canvas.emit()
            self._lay_out(Unfinished(self._on_canvas, ways, on_canvas=True))
            return
        chosen = next((item for item in selected if item.kind == "pen"), None)
        if chosen is not None:
            self._reader.read(chosen, lambda material: self._lay_out_selected(material, ways))

    def _lay_out_selected(self, material: Material, ways: int) -> None:
        if isinstance(material, Drawing):
            self._lay_out(Unfinished(material, ways))

    def _lay_out(self, unfinished: Unfinished) -> None:
        self.unfinished = unfinished
        self.said.emit(f"{unfinished.ways} ways to go on: a click takes one; draw, and they go on from there.")
        self.changed.emit()

    def _draw_on(self, drawing: Drawing) -> None:
        """The person had the pen, and has let it go."""
        before = self.unfinished or Unfinished(drawing)
        self.unfinished = replace(before, drawing=drawing, stays=True)
        self.said.emit("The model goes on from what you drew; Begin with Nothing lets it begin by itself again.")
        self.changed.emit()

    def take(self, way: int) -> None:
        """One of the ways becomes the drawing: on the person's canvas, or in the collection."""
        drawing = self._canvas.drawing_of(way)
        if drawing is None or self.unfinished is None:
            return
        if self.unfinished.on_canvas:
            self.taken.emit(drawing)
            self.said.emit(f"Way {way + 1} is on the canvas now; Enter adds it, undo takes it back.")
        else:
            self._workbench.add_drawings([drawing], name="finished", text="finish a drawing")
            self.said.emit(f"Way {way + 1} was put into the collection; undo takes it back.")

    def forget(self) -> None:
        """The model begins by itself again, or with something else."""
        self.unfinished = None
