"""The plots of the training pane: side by side, in two lines, or one of them alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.ui.plots import CurvePlot

HIGH = 220  # pixels of height that each of two lines of plots has before one line is given up
WIDE = 420  # pixels of width from which a plot gains nothing by standing in two lines


class PlotGrid(QWidget):
    """As many side by side as there is room for. Its button, or a double click, lets a plot fill the pane, and back."""

    def __init__(self, plots: Sequence[CurvePlot]) -> None:
        super().__init__()
        self._plots = tuple(plots)
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        for plot in plots:
            plot.double_clicked.connect(plot.filling.toggle)
            plot.filling.toggled.connect(lambda on, plot=plot: self._fill(plot, on))
        self._put_in_columns(len(plots))

    def minimumSizeHint(self) -> QSize:
        """One plot beside none; they go into further lines by themselves."""
        return QSize(max(map(_least, self._plots)), self.least_height(self.width()))

    def least_height(self, width: int) -> int:
        """How high all its lines are at least where it is so wide."""
        columns = self._columns_for(width, 0)
        lowest = max(plot.minimumSizeHint().height() for plot in self._plots)
        return lowest * (1 if self.filled is not None else -(-len(self._plots) // columns))

    @property
    def width_in_line(self) -> int:
        """How wide they are at least side by side."""
        return sum(map(_least, self._plots))

    @property
    def filled(self) -> CurvePlot | None:
        """The plot that is alone."""
        return next((plot for plot in self._plots if plot.filling.isChecked()), None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._put_in_columns(self._columns_for(self.width(), self.height()))

    def _columns_for(self, width: int, height: int) -> int:
        count = len(self._plots)
        better_in_two = height >= 2 * HIGH and width < count * WIDE
        if self.width_in_line <= width and not better_in_two:
            return count
        two = -(-count // 2)
        return two if two * max(map(_least, self._plots)) <= width else 1

    def _put_in_columns(self, columns: int) -> None:
        if columns != self._columns:
            self._columns = columns
            for place, plot in enumerate(self._plots):
                self._grid.addWidget(plot, *divmod(place, columns))
            self._share_out()

    def _fill(self, chosen: CurvePlot, on: bool) -> None:
        for plot in self._plots:
            if on and plot is not chosen:
                with QSignalBlocker(plot.filling):
                    plot.filling.setChecked(False)
            plot.setVisible(plot is chosen or not on)
        self._share_out()

    def _share_out(self) -> None:
        """Lines and columns are equally large; those without a plot to be seen have no room."""
        alone = self.filled
        shown = {divmod(place, self._columns) for place, plot in enumerate(self._plots) if alone in (None, plot)}
        for place in range(len(self._plots)):
            self._grid.setRowStretch(place, int(any(place == line for line, _ in shown)))
            self._grid.setColumnStretch(place, int(any(place == column for _, column in shown)))
        self.updateGeometry()


def _least(plot: CurvePlot) -> int:
    return plot.minimumSizeHint().width()
