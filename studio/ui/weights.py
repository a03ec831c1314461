"""Which weights of a run are used: a box to choose them in, and the words for them in lists of runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox

from studio.ui.widgets import keep_wheel_for_scrolling, offer
from studio.workbench import RunInfo, Weights, Workbench

TIP = (
    "Which weights of the run: the best on what it held back, the last ones, or those of a step that was kept; the "
    "first is what its recipe says"
)


class WeightsBox(QComboBox):
    """Offers the weights of one run.

    Args:
        workbench: that has the run.
        run: tells which it is; None: the newest.
    """

    def __init__(self, workbench: Workbench, run: Callable[[], int | None]) -> None:
        super().__init__()
        self._workbench = workbench
        self._run = run
        self.setAccessibleName("Weights")
        self.currentTextChanged.connect(lambda text: self.setToolTip(f"{text}\n{TIP}"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        keep_wheel_for_scrolling(self)
        self.refresh()

    @property
    def weights(self) -> Weights:
        """Those chosen; None: those that the recipe says."""
        found: Weights = self.currentData()
        return found

    def refresh(self) -> None:
        """Offer what there is by now; what was chosen stays chosen where it is still there."""
        choices = self._workbench.weights_to_choose(self._run())
        offer(self, choices or [("none yet", None)])
        self.setEnabled(len(choices) > 1)

    def showPopup(self) -> None:
        """A training that goes on has others by now."""
        self.refresh()
        super().showPopup()


def best_in_words(run: RunInfo) -> str:
    """What a list says of a run after its name; "" where nothing was measured, or it changes with every look."""
    if run.best_step is None or run.status == "training":
        return ""
    return f" · best, step {run.best_step:,}"


def weights_in_words(run: RunInfo) -> str:
    """What a tooltip says of the weights of a run; "" where there are none."""
    if not run.has_weights or run.status == "training":
        return ""
    best = "" if run.best_step in (None, run.used_step) else f" (best on what it held back: step {run.best_step:,})"
    return f"; used: {run.weights_in_words}{best}"
