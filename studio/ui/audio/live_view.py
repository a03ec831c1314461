"""Sound that is being made or recorded: waveform and spectrogram scroll by, the newest on the right.

Every column of pixels is computed once, from the samples that are new; painting copies pictures.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.ui.audio.shades import paint_frequencies, spectrum_image, wave_image
from studio.ui.audio.spectrum import Spectrum
from studio.ui.audio.time_axis import EDGE, RULER
from studio.ui.live_sheet import LiveSheet
from studio.ui.theme import colour

WAVE_SHARE = 0.4
SECONDS = 6.0  # seen at once
QUIETEST = 0.3  # a louder sample than this is needed to fill the height: silence shall look like silence
SPEECH = 0.5  # the loudest sample of ordinary speech, which is what the spectrogram counts from
KEPT = 20.0  # seconds of samples, to be seen again after a resize


class LiveView(LiveSheet):
    """Takes samples by `push` and shows the last `SECONDS` of them."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "wave", parent)
        self.columns_computed = 0  # for those who want to be sure that only new ones are
        self._rate = 16000
        self._samples = np.zeros(0, np.float32)  # the last of them
        self._first = 0  # number of the first of those
        self._count = 0  # samples pushed
        self._column = 0  # columns computed so far
        self._loudest = QUIETEST
        self._low = self._high = np.zeros(0, np.float32)
        self._shades = np.zeros((1, 0), np.uint8)
        self._spectrum = Spectrum(self._samples, self._rate, SPEECH)
        self._given = 0  # samples at the beginning that were not generated

    # --- what the pane asks for

    @property
    def seconds(self) -> float:
        """How much has been pushed."""
        return self._count / self._rate

    def start(self, rate: int, given: int = 0) -> None:
        """Begin anew with samples of this rate.

        Args:
            given: how many samples at the beginning are somebody else's; they are shown paler.
        """
        self._rate, self._given, self._is_empty = rate, given, False
        self._samples, self._first, self._count = np.zeros(0, np.float32), 0, 0
        self._loudest = QUIETEST
        self._begin_picture()

    def push(self, samples: NDArray[np.float32]) -> None:
        """Show samples ``[n]`` that follow upon the last."""
        if not len(samples):
            return
        most = round(KEPT * self._rate)
        self._samples = np.concatenate([self._samples, samples])
        self._count += len(samples)
        if len(self._samples) > 2 * most:
            self._first += len(self._samples) - most
            self._samples = self._samples[-most:]
        self._loudest = max(self._loudest, float(np.abs(samples).max()))
        self._compute()
        self.update()

    # --- columns

    @property
    def _columns(self) -> int:
        return max(1, round((self.width() - 2 * EDGE) * self.devicePixelRatioF()))

    @property
    def _per_column(self) -> float:
        return SECONDS * self._rate / self._columns

    def _begin_picture(self) -> None:
        """Forget all columns, and compute those again whose samples are still there."""
        self._spectrum = Spectrum(self._samples, self._rate, SPEECH)
        self._low = self._high = np.zeros(0, np.float32)
        self._shades = np.zeros((self._spectrum.bins, 0), np.uint8)
        self._column = max(0, math.ceil(self._first / self._per_column), self._complete - self._columns)
        self._compute()
        self.update()

    @property
    def _complete(self) -> int:
        """How many columns there are all samples for, also those that a window reaches over."""
        return max(0, math.floor((self._count - self._spectrum.reach) / self._per_column))

    def _compute(self) -> None:
        """The columns that are complete by now."""
        width, last = self._per_column, self._complete
        count = last - self._column
        if count <= 0:
            return
        edges = np.floor((np.arange(count + 1) + self._column) * width).astype(np.int64) - self._first
        starts = np.minimum(edges[:-1], len(self._samples) - 1)
        stop = max(int(edges[-1]), int(starts[-1]) + 1)
        low = np.minimum.reduceat(self._samples[:stop], starts)
        high = np.maximum.reduceat(self._samples[:stop], starts)
        self._spectrum.samples = self._samples
        shades = self._spectrum.columns((edges[:-1] + edges[1:]) // 2, max(1, round(width)))
        most = self._columns
        self._low = np.concatenate([self._low, low])[-most:]
        self._high = np.concatenate([self._high, high])[-most:]
        self._shades = np.concatenate([self._shades, shades], axis=1)[:, -most:]
        self._column = last
        self.columns_computed += count

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._begin_picture()

    # --- painting

    def _paint(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(EDGE, 4, -EDGE, -RULER)
        wave = QRectF(area.left(), area.top(), area.width(), math.floor(area.height() * WAVE_SHARE))
        below = QRectF(area.left(), wave.bottom() + 4, area.width(), area.bottom() - wave.bottom() - 4)
        middle = round(wave.center().y()) + 0.5
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(QPointF(wave.left(), middle), QPointF(wave.right(), middle))
        shown = len(self._low)
        if shown:
            self._paint_columns(painter, wave, below, shown)
        start = max(0.0, self._column * self._per_column / self._rate - SECONDS)
        self._paint_ruler(painter, area, start, SECONDS)
        paint_frequencies(painter, below, self._spectrum.top)

    def _paint_columns(self, painter: QPainter, wave: QRectF, below: QRectF, shown: int) -> None:
        ratio = self.devicePixelRatioF()
        image = wave_image(self._low, self._high, round(wave.height() * ratio), colour("ink"), 1 / self._loudest)
        image.setDevicePixelRatio(ratio)
        left = wave.left() if self._column <= self._columns else wave.right() - shown / ratio
        painter.drawImage(QPointF(left, wave.top()), image)
        picture: QImage = spectrum_image(self._shades)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(left, below.top(), shown / ratio, below.height()), picture)
        given = self._given / self._per_column - (self._column - shown)
        if given > 0:  # paler: the model has not made this
            area = QRectF(left, wave.top(), min(given, shown) / ratio, below.bottom() - wave.top())
            painter.fillRect(area, colour("paper", 0.55))
        edge = left + shown / ratio
        painter.setPen(QPen(colour("accent"), 1.5))
        painter.drawLine(QPointF(edge, wave.top() - 2), QPointF(edge, below.bottom()))
