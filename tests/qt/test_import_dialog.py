"""The import dialog shows how tables are read, and lets one choose otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from mido import Message, MidiFile, MidiTrack
from PySide6.QtWidgets import QFrame, QLabel
from pytestqt.qtbot import QtBot

from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.ui.import_dialog import ImportDialog
from studio.workbench import Workbench

TIMES = "x,y,t\n0,0,0\n1,1,2000\n2,2,4000\n3,1,6000\n"


def shown(qtbot: QtBot, bench: Workbench, paths: list[Path]) -> ImportDialog:
    dialog = ImportDialog(bench, paths)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def wait_for_cards(qtbot: QtBot, bench: Workbench, dialog: ImportDialog, count: int) -> None:
    def there() -> bool:
        bench.poll()
        cards = [dialog.tables.cards.itemAt(i).widget() for i in range(dialog.tables.cards.count())]
        return sum(isinstance(card, QFrame) for card in cards) == count

    qtbot.waitUntil(there)


def times_of(qtbot: QtBot, bench: Workbench, dialog: ImportDialog) -> list[float]:
    dialog.begin()
    qtbot.waitUntil(lambda: bench.poll() or bool(bench.materials()))
    times: list[float] = bench.materials()[0].material.times.tolist()  # type: ignore[union-attr]
    return times


def test_the_likeliest_reading_is_marked_and_taken(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TIMES)
    dialog = shown(qtbot, bench, [tmp_path / "a.csv"])
    wait_for_cards(qtbot, bench, dialog, 2)
    assert dialog.tables.group.checkedId() == 0
    words = " ".join(part.text() for part in dialog.tables.findChildren(QLabel))
    assert "microseconds" in words
    assert "milliseconds" in words
    assert times_of(qtbot, bench, dialog) == pytest.approx([0, 0.002, 0.004, 0.006])


def test_another_reading_can_be_chosen_and_stands_in_the_fields(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TIMES)
    dialog = shown(qtbot, bench, [tmp_path / "a.csv"])
    wait_for_cards(qtbot, bench, dialog, 2)
    dialog.tables.group.button(1).click()
    assert dialog.tables.times.currentData() == "ms"
    assert times_of(qtbot, bench, dialog) == pytest.approx([0, 2, 4, 6])


def test_a_field_settles_what_was_doubtful(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TIMES)
    dialog = shown(qtbot, bench, [tmp_path / "a.csv"])
    wait_for_cards(qtbot, bench, dialog, 2)
    dialog.tables.times.setCurrentIndex(dialog.tables.times.findData("ns"))
    wait_for_cards(qtbot, bench, dialog, 1)
    assert times_of(qtbot, bench, dialog) == pytest.approx([0, 2e-6, 4e-6, 6e-6])


def test_columns_that_cannot_be_meant_keep_the_dialog_open(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TIMES)
    dialog = shown(qtbot, bench, [tmp_path / "a.csv"])
    wait_for_cards(qtbot, bench, dialog, 2)
    dialog.tables.columns.setText("x,what")
    dialog.accept()
    assert dialog.isVisible()
    assert "'what' is unknown" in dialog.tables.said.text()
    dialog.tables.columns.setText("x,y,-")
    dialog.accept()
    assert not dialog.isVisible()


def test_a_table_that_cannot_be_read_says_why_before_it_is_imported(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("p,q,r\n1,2,3\n")
    dialog = shown(qtbot, bench, [tmp_path / "a.csv"])
    qtbot.waitUntil(lambda: bench.poll() or "expected x and y among them" in dialog.tables.said.text())


def test_it_does_not_ask_about_what_is_no_table(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg><path d='M0 0L1 1'/></svg>")
    (tmp_path / "b.csv").write_text("\n".join(["0,1,0,0,1,0,1"] * 9))  # a piano roll
    dialog = shown(qtbot, bench, [tmp_path])
    qtbot.waitUntil(lambda: bench.poll() or all(job.finished for job in bench.jobs()))
    assert not dialog.tables.isVisible()
    (tmp_path / "c.csv").write_text(TIMES)
    dialog.add([tmp_path / "c.csv"])
    wait_for_cards(qtbot, bench, dialog, 2)
    dialog.hold.setCurrentIndex(dialog.hold.findData("audio"))
    assert not dialog.tables.isVisible()


def band(path: Path) -> Path:
    """A melody on middle C, and a drum."""
    both = MidiFile(ticks_per_beat=4)
    both.tracks.append(
        MidiTrack(
            [
                Message("note_on", note=60, velocity=64),
                Message("note_on", channel=9, note=36, velocity=64),
                Message("note_off", channel=9, note=36, time=4),
                Message("note_off", note=60, time=4),
            ]
        )
    )
    both.save(path)
    return path


@pytest.mark.parametrize("hold", ["", "roll"])
@pytest.mark.parametrize(("alone", "pitch"), [(False, 60), (True, 36)])
def test_drums_are_taken_on_request(
    hold: str, alone: bool, pitch: int, qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    dialog = shown(qtbot, bench, [band(tmp_path / "band.mid")])
    dialog.hold.setCurrentIndex(dialog.hold.findData(hold))
    assert dialog.drums.isVisible()
    dialog.drums.setChecked(alone)
    dialog.begin()
    qtbot.waitUntil(lambda: bench.poll() or bool(bench.materials()))
    roll = bench.materials()[0].material
    assert isinstance(roll, Roll)
    assert {note.pitch for note in roll.notes} == {pitch}


def test_drums_are_asked_of_only_where_there_may_be_some(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TIMES)
    dialog = shown(qtbot, bench, [tmp_path / "a.csv"])
    assert not dialog.drums.isVisible()
    dialog.add([band(tmp_path / "band.mid")])
    assert dialog.drums.isVisible()
    dialog.drums.setChecked(True)
    dialog.hold.setCurrentIndex(dialog.hold.findData("pen"))
    assert not dialog.drums.isVisible()


def test_what_was_ticked_and_is_hidden_again_does_nothing(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    dialog = shown(qtbot, bench, [band(tmp_path / "band.mid")])
    dialog.drums.setChecked(True)
    path = band(tmp_path / "tune.bin2")
    dialog.names.item(0).setSelected(True)
    dialog.remove.click()
    dialog.add([path])
    assert not dialog.drums.isVisible()
    dialog.begin()
    qtbot.waitUntil(lambda: bench.poll() or bool(bench.materials()))
    roll = bench.materials()[0].material
    assert isinstance(roll, Roll)
    assert {note.pitch for note in roll.notes} == {60}


def test_the_encoding_of_texts_and_tables_can_be_chosen(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    words = "Все счастливые семьи похожи друг на друга.\n"
    (tmp_path / "a.txt").write_bytes(words.encode("cp866"))
    dialog = shown(qtbot, bench, [band(tmp_path / "band.mid")])
    assert not dialog.encoding.isVisible()
    dialog.add([tmp_path / "a.txt"])
    assert dialog.encoding.isVisible()
    dialog.encoding.setCurrentIndex(dialog.encoding.findData("cp866"))
    dialog.hold.setCurrentIndex(dialog.hold.findData("text"))
    dialog.names.item(0).setSelected(True)
    dialog.remove.click()
    dialog.begin()
    qtbot.waitUntil(lambda: bench.poll() or bool(bench.materials()))
    text = bench.materials()[0].material
    assert isinstance(text, Text)
    assert text.characters == words


def test_what_is_asked_of_tables_needs_no_scrolling(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "tablet.csv"
    path.write_text("x,y,pen\n" + "\n".join(f"{k % 7},{k % 5},{int(k % 20 < 17)}" for k in range(60)))
    dialog = shown(qtbot, bench, [path])
    dialog.show()
    narrow = dialog.size()
    wait_for_cards(qtbot, bench, dialog, 2)
    qtbot.waitUntil(lambda: dialog.height() > narrow.height())
    bars = (dialog._scrolled.horizontalScrollBar(), dialog._scrolled.verticalScrollBar())
    assert [bar.maximum() for bar in bars] == [0, 0]
    assert dialog.screen().availableGeometry().contains(dialog.geometry())
    assert not dialog.formats.isVisible()  # which says what can be added, while nothing is
