"""The spectrogram of what is seen: computed in the background, tile by tile, and kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeAlias

import numpy as np
from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from studio.ui.audio.background import Background
from studio.ui.audio.shades import spectrum_image
from studio.ui.audio.spectrum import TILE, Bytes, Spectrum
from studio.ui.theme import theme

Key: TypeAlias = tuple[int, int]  # level, number
MOST_TILES = 400  # kept, some 50 kB each
OVERVIEW_TILES = 8  # of the level that is computed first, and shown in the place of what is not there yet


class SpectrumTiles(QObject):
    """Paints a `Spectrum`; `arrived` tells that there is more to be seen."""

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.spectrum: Spectrum | None = None
        self.computed = 0  # for those who want to be sure that nothing is computed twice
        self._background = Background("spectrogram", self)
        self._tiles: OrderedDict[Key, Bytes] = OrderedDict()
        self._wanted: set[Key] = set()
        self._asked: set[Key] = set()
        self._joined: tuple[object, QImage] | None = None
        theme().changed.connect(self._forget_picture)

    def show(self, spectrum: Spectrum | None) -> None:
        """Show this one from now on."""
        self.spectrum = spectrum
        self._tiles.clear()
        self._wanted, self._asked = set(), set()
        self._forget_picture()

    def close(self) -> None:
        """End the thread."""
        self._wanted = set()
        self._background.close()

    @property
    def complete(self) -> bool:
        """Whether everything that was painted last is there."""
        return not self._wanted - set(self._tiles)

    def paint(self, painter: QPainter, area: QRectF, start: float, end: float) -> None:
        """Paint the columns from one sample to another into an area; what is missing is computed and told."""
        if self.spectrum is None:
            return
        pixels = area.width() * painter.device().devicePixelRatioF()
        level = self.spectrum.level((end - start) / max(pixels, 1.0))
        first, last = self._range(level, start, end)
        rough = max(level, self._overview_level())
        wanted = [(rough, number) for number in range(*self._range(rough, start, end))]
        self._want([*wanted, *((level, number) for number in range(first, last))])
        if any((level, number) not in self._tiles for number in range(first, last)):
            level = rough
            first, last = self._range(level, start, end)
        image = self._join(level, first, last)
        hop = self.spectrum.hop_of(level)
        source = QRectF(start / hop - first * TILE, 0, (end - start) / hop, image.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, image, source)

    def _range(self, level: int, start: float, end: float) -> tuple[int, int]:
        assert self.spectrum is not None
        length = self.spectrum.hop_of(level) * TILE
        return int(start // length), min(self.spectrum.tiles(level), int(end // length) + 1)

    def _overview_level(self) -> int:
        assert self.spectrum is not None
        level = 0
        while self.spectrum.tiles(level) > OVERVIEW_TILES:
            level += 1
        return level

    def _want(self, keys: list[Key]) -> None:
        self._wanted = set(keys)
        for key in keys:
            if key in self._tiles:
                self._tiles.move_to_end(key)
            elif key not in self._asked:
                self._asked.add(key)
                self._compute(key)

    def _compute(self, key: Key) -> None:
        spectrum = self.spectrum
        assert spectrum is not None

        def work() -> Bytes | None:
            return spectrum.tile(*key) if self.spectrum is spectrum and key in self._wanted else None

        self._background.run(work, lambda tile: self._take(spectrum, key, tile))

    def _take(self, spectrum: Spectrum, key: Key, tile: Bytes | None) -> None:
        if self.spectrum is not spectrum:
            return
        self._asked.discard(key)
        if tile is None:
            return
        self.computed += 1
        self._tiles[key] = tile
        if len(self._tiles) > MOST_TILES:
            self._tiles.popitem(last=False)
        if key in self._wanted:
            self.arrived.emit()

    def _join(self, level: int, first: int, last: int) -> QImage:
        """Neighbouring tiles as one picture, so that there are no seams."""
        assert self.spectrum is not None
        empty = np.zeros((self.spectrum.bins, TILE), np.uint8)
        tiles = [self._tiles.get((level, number), empty) for number in range(first, last)]
        key = (level, first, *(id(tile) if tile is not empty else 0 for tile in tiles))
        if self._joined is None or self._joined[0] != key:
            self._joined = key, spectrum_image(np.concatenate(tiles or [empty], axis=1))
        return self._joined[1]

    def _forget_picture(self) -> None:
        self._joined = None
