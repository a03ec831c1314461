"""Waveform and spectrogram: what is seen is what is there, wherever one looks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from fakes import tone
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.sequences.recording import Recording
from studio.ui.audio.peaks import Peaks
from studio.ui.audio.shades import overview, spectrum_image
from studio.ui.audio.sound_view import SoundView
from studio.ui.audio.span import Span, clock, reading, ticks
from studio.ui.audio.spectrum import TILE, Spectrum
from studio.ui.audio.time_axis import EDGE
from studio.ui.theme import colour, theme

RATE = 16000


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[SoundView]:
    found = SoundView()
    found.resize(400 + 2 * EDGE, 220)
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    yield found
    found._tiles.close()
    found._background.close()


# --- the pyramid


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length", [1, 255, 256, 257, 5000, 300_001])
def test_columns_hold_the_extremes_of_their_samples(length: int, channels: int) -> None:
    samples = np.random.default_rng(length).standard_normal((length, channels)).astype(np.float32)
    peaks = Peaks(samples)
    assert peaks.loudest == np.abs(samples).max()
    for width in (1.0, 3.7, 256.0, 1500.0, float(length)):
        count = int(np.ceil(length / width)) + 2
        low, high = peaks.columns(0, count, width)
        block = max([1, *(level[0] for level in peaks._levels if level[0] <= width)])
        for column in range(count - 2):
            first, last = (int(np.floor(edge * width / block)) * block for edge in (column, column + 1))
            part = samples[first : max(last, first + 1)]
            assert (low[column], high[column]) == (part.min(), part.max())
        assert low[: count - 2].min() == samples.min()
        assert (low[-1], high[-1]) == (0, 0)  # there is nothing beyond the end


def test_a_stretch_looks_the_same_wherever_it_is_shown() -> None:
    peaks = Peaks(np.random.default_rng(0).standard_normal((100_000, 1)).astype(np.float32))
    whole, _ = peaks.columns(0, 300, 321.5)
    part, _ = peaks.columns(120, 50, 321.5)
    np.testing.assert_array_equal(part, whole[120:170])


# --- the spectrogram


@pytest.mark.parametrize("frequency", [440.0, 3000.0])
@pytest.mark.parametrize("level", [0, 4])
def test_a_tone_is_a_line_at_its_frequency(frequency: float, level: int) -> None:
    spectrum = Spectrum(tone(frequency, 20.0, RATE).mono, RATE)
    shades = spectrum.tile(level, 0)
    assert shades.shape == (spectrum.bins, TILE)
    loudest = spectrum.bins - 0.5 - shades[:, 5:100].astype(float).mean(1).argmax()
    assert loudest / spectrum.bins * spectrum.top == pytest.approx(frequency, abs=RATE / 512)
    assert shades[: spectrum.bins // 8].max() < 100  # nothing sounds up there


def test_silence_is_paper_and_quiet_recordings_are_seen_as_well_as_loud_ones() -> None:
    silent = Spectrum(np.zeros(5000, np.float32), RATE, 0.0)
    assert silent.tile(0, 0).max() == 0
    paper = spectrum_image(silent.tile(0, 0))
    assert paper.pixelColor(3, 3).name() == colour("paper").name()
    loud = Spectrum(tone(500, 1, RATE, 0.9).mono, RATE, 0.9).tile(0, 0)
    quiet = Spectrum(tone(500, 1, RATE, 0.01).mono, RATE, 0.01).tile(0, 0)
    assert np.abs(loud.astype(int) - quiet).max() <= 1


def test_tiles_cover_the_recording_and_continue_one_another() -> None:
    samples = np.random.default_rng(0).standard_normal(3 * TILE * 64 + 17).astype(np.float32)
    spectrum = Spectrum(samples, RATE, 3.0)
    assert spectrum.hop == 64
    assert spectrum.tiles(0) == 4
    both = spectrum.columns((np.arange(2 * TILE)) * 64 + 32, 64)
    np.testing.assert_array_equal(both[:, TILE:], spectrum.tile(0, 1))
    assert [spectrum.level(width) for width in (1, 64, 127, 128, 1024)] == [0, 0, 0, 1, 4]


# --- the span and its ruler


def test_zoom_keeps_its_place_and_ends_at_the_whole() -> None:
    span = Span.whole(10.0).zoomed(4, 6.0)
    assert span.seconds == pytest.approx(2.5)
    assert span.x_of(6.0, 100) == pytest.approx(60)
    assert span.panned(100).end == 10.0
    assert span.panned(-100).start == 0.0
    assert span.zoomed(0.001, 3.0).is_whole
    assert span.zoomed(1e9, 5.0).seconds > 0
    assert span.showing(5.0) == span
    assert span.showing(9.9).end == 10.0


@pytest.mark.parametrize("seconds", [0.004, 0.05, 0.7, 3.0, 45.0, 600.0, 36000.0])
@pytest.mark.parametrize("width", [120.0, 800.0])
def test_ruler_has_round_marks_that_can_be_told_apart(seconds: float, width: float) -> None:
    span = Span(seconds / 3, seconds * 2 / 3, seconds)
    step, marks = ticks(span, width)
    assert all(span.start - 1e-9 <= mark <= span.end + 1e-9 for mark in marks)
    assert step * width / span.seconds >= 63.9
    texts = [reading(mark, step) for mark in marks]
    assert len(set(texts)) == len(texts)


def test_words_of_the_ruler() -> None:
    assert [reading(0.25, 0.05), reading(2, 1), reading(75, 15), reading(61.5, 0.5)] == [
        *("0.25 s", "2 s", "1:15", "1:01.5")
    ]
    assert [clock(0), clock(9.96), clock(61.25)] == ["0:00.0", "0:10.0", "1:01.2"]


# --- the widget


def test_waveform_is_painted_where_there_is_sound(view: SoundView) -> None:
    samples = np.concatenate([np.zeros(RATE), tone(440, 1, RATE).mono]).astype(np.float32)
    view.show_recording(Recording(samples, RATE))
    picture = view.grab().toImage()
    wave = view._wave_area
    above = round(wave.top() + wave.height() * 0.2)
    quiet, loud = (picture.pixelColor(EDGE + x, above).lightness() for x in (100, 300))
    assert quiet > 230 > 120 > loud


def test_spectrogram_comes_from_the_background_and_is_kept(qtbot: QtBot, view: SoundView) -> None:
    view.show_recording(tone(2000, 40.0, RATE))
    assert not view.ready or view.grab()
    view.grab()
    qtbot.waitUntil(lambda: view._tiles.computed > 0 and view.ready)  # not only until it can be painted, but painted
    computed = view._tiles.computed
    assert computed > 0
    theme().apply("dark")
    view.grab()
    theme().apply("light")
    picture = view.grab().toImage()
    assert view._tiles.computed == computed
    area = view._spectrum_area
    line = round(area.bottom() - 2000 / 8000 * area.height())
    assert picture.pixelColor(200, line).lightness() < 140 < picture.pixelColor(200, line - 20).lightness()


def test_long_recordings_are_looked_at_on_another_thread(qtbot: QtBot, view: SoundView) -> None:
    view.show_recording(tone(440, 60.0, RATE))
    assert not view.ready
    view.grab()  # can be painted meanwhile
    qtbot.waitUntil(lambda: bool(view.ready or view.grab().isNull()))
    view.show_recording(tone(440, 61.0, RATE))
    view.show_recording(None)  # what comes now is for nobody
    view._background.close()
    QApplication.processEvents()
    assert view._peaks is None


def turn_wheel(view: SoundView, x: int, clicks: int, *, shift: bool = False) -> None:
    place = QPointF(x, 60)
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(0, 120 * clicks),
        Qt.MouseButton.NoButton,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    view.wheelEvent(event)


def drag(view: SoundView, start: QPoint, end: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    QTest.mousePress(view, button, pos=start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, button, pos=end)


def test_wheel_zooms_and_drag_pans(view: SoundView) -> None:
    view.show_recording(tone(440, 4.0, RATE))
    turn_wheel(view, EDGE + 100, 3)
    assert view.span.x_of(1.0, 400) == pytest.approx(100)
    assert view.span.seconds == pytest.approx(4 / 1.25**3)
    before = view.span
    ruler = view.height() - 6
    drag(view, QPoint(200, ruler), QPoint(100, ruler))
    assert view.span.start == pytest.approx(before.start + before.seconds / 4)
    drag(view, QPoint(100, 60), QPoint(200, 60), Qt.MouseButton.MiddleButton)
    assert view.span.start == pytest.approx(before.start)
    turn_wheel(view, 200, -1, shift=True)
    assert view.span.start > before.start
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, ruler))
    assert view.span.is_whole


def test_click_seeks_and_drag_selects(qtbot: QtBot, view: SoundView) -> None:
    view.show_recording(tone(440, 4.0, RATE))
    with qtbot.waitSignal(view.seeked) as seeked:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(EDGE + 100, 60))
    assert seeked.args == [pytest.approx(1.0)]
    assert view.playhead == pytest.approx(1.0)
    drag(view, QPoint(EDGE + 300, 60), QPoint(EDGE + 200, 150))
    assert view.selection == (pytest.approx(2.0), pytest.approx(3.0))
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(EDGE + 100, 60))
    assert view.selection is None


def test_handles_trim(qtbot: QtBot, view: SoundView) -> None:
    view.show_recording(tone(440, 4.0, RATE))
    with qtbot.waitSignal(view.trimmed) as trimmed:
        drag(view, QPoint(EDGE, 30), QPoint(EDGE + 100, 30))
    assert trimmed.args == [pytest.approx(1.0), 4.0]
    with qtbot.waitSignal(view.trimmed) as trimmed:
        drag(view, QPoint(EDGE + 400, 30), QPoint(EDGE + 200, 30))
    assert trimmed.args == [0.0, pytest.approx(2.0)]
    with qtbot.assertNotEmitted(view.trimmed):
        drag(view, QPoint(EDGE, 30), QPoint(EDGE, 30))
        view.trimmable = False
        drag(view, QPoint(EDGE, 30), QPoint(EDGE + 100, 30))


def test_everything_works_from_the_keyboard(qtbot: QtBot, view: SoundView) -> None:
    view.show_recording(tone(440, 4.0, RATE))
    keys = Qt.Key
    QTest.keyClick(view, keys.Key_Right)
    assert view.playhead == pytest.approx(0.08)
    QTest.keyClick(view, keys.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, keys.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.selection == (pytest.approx(0.08), pytest.approx(0.24))
    QTest.keyClick(view, keys.Key_Escape)
    assert view.selection is None
    QTest.keyClick(view, keys.Key_Plus)
    assert view.span.seconds < 4
    QTest.keyClick(view, keys.Key_End)
    assert view.span.end == 4.0
    QTest.keyClick(view, keys.Key_0)
    assert view.span.is_whole
    QTest.keyClick(view, keys.Key_Home)
    for _ in range(10):
        QTest.keyClick(view, keys.Key_Right)
    with qtbot.waitSignal(view.trimmed) as trimmed:
        QTest.keyClick(view, keys.Key_BracketLeft)
    assert trimmed.args == [pytest.approx(0.8), 4.0]
    with qtbot.waitSignal(view.trimmed) as trimmed:
        QTest.keyClick(view, keys.Key_BracketRight)
    assert trimmed.args == [0.0, pytest.approx(0.8)]


def test_view_turns_the_page_with_the_playhead_until_somebody_looks_elsewhere(view: SoundView) -> None:
    view.show_recording(tone(440, 4.0, RATE))
    view.show_span(Span(0.0, 1.0, 4.0))
    view.show_playhead(1.5, moving=True)
    assert view.span.start == pytest.approx(1.5)
    turn_wheel(view, 200, 2, shift=True)
    elsewhere = view.span
    view.show_playhead(3.9, moving=True)
    assert view.span == elsewhere


def test_close_up_shows_single_samples(view: SoundView) -> None:
    view.show_recording(tone(440, 1.0, RATE))
    whole = view.grab().toImage()
    view.show_span(Span.whole(1.0).zoomed(1e6, 0.5))
    assert view.grab().toImage() != whole


def test_empty_view_says_what_to_do_and_answers_to_nothing(qtbot: QtBot, view: SoundView) -> None:
    nothing = view.grab().toImage()
    view.show_empty("wave", "No recording yet", "Press R and speak.")
    assert view.grab().toImage() != nothing
    with qtbot.assertNotEmitted(view.seeked):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
        QTest.keyClick(view, Qt.Key.Key_Right)
    turn_wheel(view, 100, 2)
    assert view.span.is_whole


def test_overview_fits(view: SoundView) -> None:
    for seconds in (1 / RATE, 0.01, 3.0):
        image = overview(Peaks(tone(440, seconds, RATE).samples), 60, 24, colour("ink"))
        assert (image.width(), image.height()) == (60, 24)
