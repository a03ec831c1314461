"""The generation pane asks for the right pens, and lets them go on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import Model, circle
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.generation.backdrop import Field
from studio.sequences.material import Drawing
from studio.ui.beginnings import first_part
from studio.ui.main_window import MainWindow
from studio.workbench import Weights


def test_without_a_latent_variable_its_variance_cannot_be_moved(window: MainWindow, model: Model) -> None:
    pane = window.generation
    for latent, why in ((False, "no latent variable"), (True, "scale of the prior's sigma")):
        model.latent = latent
        pane.renew()
        assert pane.latent.isEnabled() == latent
        assert why in pane.latent.toolTip()
    assert pane.output.isEnabled()


def test_nothing_is_asked_for_before_there_is_a_model(window: MainWindow, model: Model) -> None:
    model.trained = False
    window.generation.renew()
    assert not model.asked
    for name in ("play", "restart", "export-samples", "export-gif", "collect"):
        assert not window.commands[name].isEnabled()
        assert "no trained model" in window.commands[name].toolTip()


def test_first_weights_start_the_pens(window: MainWindow, model: Model) -> None:
    window.workbench.weights_changed.emit(1)
    assert [settings.count for settings in model.asked] == [4]
    assert window.stage.canvas.playing
    assert window.commands["export-gif"].isEnabled()


def test_sliders_act_on_what_is_being_drawn(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    window.generation.latent.number = 0.25
    assert model.pens[-1].variance == (0.25, 1.0)
    window.generation.output.number = 1.75
    assert model.pens[-1].variance == (0.25, 1.75)
    assert len(model.pens) == 1
    assert not model.pens[-1].seeds
    QTest.mouseDClick(window.generation.latent, Qt.MouseButton.LeftButton)
    assert model.pens[-1].variance == (1.0, 1.75)
    window.commands["reset-variance"].trigger()
    assert model.pens[-1].variance == (1.0, 1.0)


def test_slider_by_mouse_and_by_key(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    slider = window.generation.output
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 1, slider.height() // 2))
    assert slider.number == 2.0
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2 + 2, slider.height() // 2))
    assert slider.number == 1.0  # the mark attracts
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert slider.number == pytest.approx(0.95)
    assert model.pens[-1].variance == (1.0, pytest.approx(0.95))


def test_finished_drawings_are_drawn_again_with_another_variance(
    qtbot: QtBot, window: MainWindow, model: Model
) -> None:
    window.commands["loop"].setChecked(False)
    window.generation.new_seed.setChecked(False)
    window.generation.renew()
    qtbot.waitUntil(lambda: window.stage.canvas.done)
    assert window.commands["play"].text() == "&Play"
    window.generation.latent.number = 0.0
    qtbot.waitUntil(lambda: model.pens[-1].seeds == [1234])


def test_loop_takes_other_seeds_or_keeps_this_one(qtbot: QtBot, window: MainWindow, model: Model) -> None:
    window.generation._hold.setInterval(10)
    window.generation.new_seed.setChecked(True)
    window.generation.renew()
    qtbot.waitUntil(lambda: len(model.pens[-1].seeds) >= 2)
    assert len({*model.pens[-1].seeds, 1234}) > 1
    window.generation.new_seed.setChecked(False)
    model.pens[-1].seeds.clear()
    qtbot.waitUntil(lambda: len(model.pens[-1].seeds) >= 2)
    assert len(set(model.pens[-1].seeds[-2:])) == 1


def test_seed_and_dice_start_anew(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    window.generation.seed.setValue(7)
    assert model.pens[-1].seeds == [7]
    window.commands["dice"].trigger()
    assert model.pens[-1].seeds[1] == window.generation.seed.value() != 7


def test_newer_weights_come_with_the_next_round(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    window.generation._live_run = 1
    window.workbench.weights_changed.emit(1)
    assert len(model.pens) == 1  # not in the middle of a drawing
    window.generation.restart()
    assert len(model.pens) == 2
    assert model.pens[0].closed
    window.generation._live_run = 1
    window.workbench.weights_changed.emit(2)  # of another run: at once
    assert len(model.pens) == 3


@pytest.mark.parametrize("count", [1, 9, 16])
def test_pens_side_by_side(window: MainWindow, model: Model, count: int) -> None:
    window.generation.counts.button(count).click()
    assert model.asked[-1].count == count
    (action,) = [action for action in window.commands.menus["count*"].actions() if action.isChecked()]
    assert action.data() == count


def test_length(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    assert model.asked[-1].length is None
    assert window.generation.length.text() == "until it ends"
    window.generation.length.setValue(300)
    QTest.keyClick(window.generation.length, Qt.Key.Key_Return)
    assert model.asked[-1].length == 300


def test_begin_with_a_drawing_of_the_collection(qtbot: QtBot, window: MainWindow, model: Model) -> None:
    window.workbench.add_drawing(circle(1.0, points=100))
    window.workbench.poll()
    assert not window.commands["begin"].isEnabled()
    window.trajectories.collection.selectAll()
    window.commands["begin"].trigger()
    begin = model.asked[-1].begin
    assert begin is not None
    assert len(begin) == 40
    window.generation.share.number = 0.1
    qtbot.waitUntil(lambda: len(model.asked[-1].begin or ()) == 10)
    window.commands["begin-nothing"].trigger()
    assert model.asked[-1].begin is None


def test_a_model_that_makes_a_drawing_at_once_is_given_no_beginning(window: MainWindow, model: Model) -> None:
    window.workbench.add_drawing(circle(1.0, points=100))
    window.workbench.poll()
    window.trajectories.collection.selectAll()
    window.commands["begin"].trigger()
    model.no_beginning = "This model makes a drawing in one piece."
    window.generation.renew()
    assert model.asked[-1].begin is None
    assert not window.commands["begin"].isEnabled()
    assert "this model makes" in window.commands["begin"].toolTip()


def test_from_one_drawing_to_another(window: MainWindow, model: Model) -> None:
    window.workbench.add_drawings([circle(1.0), circle(2.0), circle(3.0)])
    window.workbench.poll()
    window.generation.renew()
    pane, between = window.generation, window.commands["between"]
    assert not pane._between_button.isVisibleTo(pane)
    model.no_way = ""
    pane.renew()
    assert pane._between_button.isVisibleTo(pane)
    window.trajectories.collection.selectAll()
    assert "select two drawings" in between.toolTip()
    first, last, _ = window.workbench.materials("pen")
    pane.select([first, last])
    between.trigger()
    ends = model.asked[-1].between
    assert ends is not None
    assert [end.points.tolist() for end in ends] == [item.drawing.points.tolist() for item in (first, last)]
    window.commands["begin-nothing"].trigger()
    assert model.asked[-1].between is None


def test_newer_weights_move_the_field_behind_the_pens(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    pens, pane = model.pens[-1], window.generation
    pane._live_run = 1
    pane._take_weights(1)
    assert not pens.refreshing
    pens.backdrop = Field(np.zeros((1, 2)), np.ones((1, 2)), 1.0)
    pane._take_weights(1)
    assert pens.refreshing


def test_the_first_part_of_a_drawing_keeps_its_times() -> None:
    drawing = Drawing.from_points(np.arange(20.0).reshape(10, 2), times=np.arange(10) ** 2)
    times = first_part(drawing, 0.5).times
    assert times is not None
    assert times.tolist() == [0, 1, 4, 9, 16]


def test_first_part_of_a_drawing() -> None:
    points = np.arange(20.0).reshape(10, 2)
    drawing = Drawing.from_points(points, [0, 0, 0, 0, 1, 0, 0, 0, 0, 1], label="two", y_up=False)
    part = first_part(drawing, 0.7)
    assert [len(stroke) for stroke in part.strokes] == [5, 2]
    assert (part.label, part.y_up) == ("two", False)
    assert len(first_part(drawing, 0.01)) == 2
    np.testing.assert_array_equal(first_part(drawing, 1.0).pen_up, drawing.pen_up)


def test_what_is_seen_is_exported(qtbot: QtBot, window: MainWindow, model: Model, tmp_path: Path) -> None:
    window.commands["loop"].setChecked(False)
    window.generation.renew()
    qtbot.waitUntil(lambda: window.stage.canvas.done)
    path = tmp_path / "seen.svg"
    window.generation.export_to(path, window.generation._made())
    qtbot.waitUntil(path.exists)
    assert "<svg" in path.read_text("utf-8")


def test_export_waits_until_what_is_drawn_is_finished_and_stands_still(
    qtbot: QtBot, window: MainWindow, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.stage.canvas.speed = 0.01
    window.commands["loop"].setChecked(True)
    window.generation.renew()
    qtbot.waitUntil(lambda: 0 < window.stage.canvas.frames_shown < 30)
    while_open: list[tuple[bool, bool, bool]] = []
    written: list[list[Drawing]] = []
    export = window.workbench.export_samples
    monkeypatch.setattr(
        window.workbench, "export_samples", lambda made, *to, **how: (written.append(made), export(made, *to, **how))
    )

    def answer(*_: object) -> tuple[str, str]:
        canvas, pane = window.stage.canvas, window.generation
        while_open.append((canvas.done, canvas.playing, pane._hold.isActive()))
        return str(tmp_path / "finished.svg"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    window.commands["export-svg"].trigger()
    qtbot.waitUntil((tmp_path / "finished.svg").exists)
    assert while_open == [(True, False, False)]
    assert all(len(drawing) == 30 for drawing in written[0])
    qtbot.waitUntil(lambda: not window.stage.canvas.done)  # and then the next round begins


def test_what_is_collected_is_finished_first(qtbot: QtBot, window: MainWindow, model: Model) -> None:
    window.stage.canvas.speed = 0.01
    window.commands["loop"].setChecked(False)
    window.generation.renew()
    qtbot.waitUntil(lambda: 0 < window.stage.canvas.frames_shown < 30)
    window.commands["collect"].trigger()
    qtbot.waitUntil(lambda: len(window.workbench.materials()) == 4)
    assert {len(item.drawing) for item in window.workbench.materials()} == {30}


def test_another_project_begins_with_nothing(qtbot: QtBot, window: MainWindow, model: Model) -> None:
    window.workbench.add_drawings([circle()])
    window.workbench.poll()
    window.generation._begin_with(circle())
    window.trajectories.label_field.setText("eight")
    window.status.say("Something was done.")
    assert window.generation.settings().begin is not None
    window.workbench.new()
    window.workbench.poll()
    assert window.generation.settings().begin is None
    assert window.trajectories.label_field.text() == ""
    assert window.status.text.text() == "Ready"


def test_saving_under_another_name_keeps_the_beginning(window: MainWindow, model: Model, tmp_path: Path) -> None:
    window.generation._begin_with(circle())
    window.workbench.save_as(tmp_path / "named.vrnn")
    window.workbench.poll()
    assert window.generation.settings().begin is not None


def test_a_failed_open_leaves_the_pens_drawing(window: MainWindow, model: Model, tmp_path: Path) -> None:
    window.generation.renew()
    wrong = tmp_path / "wrong.vrnn"
    wrong.write_text("no project")
    for what in (lambda: window.open(wrong), lambda: window.open_sample("nothing of that name")):
        what()
        assert window.generation._live is not None
        assert not model.pens[-1].closed
        assert window.commands["play"].isEnabled()


def test_one_sentence_says_that_another_run_than_the_newest_is_used(
    window: MainWindow, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    window.generation.said.connect(said.append)
    monkeypatch.setattr(window.workbench, "why_not_newest", lambda: "eights-1 is used.")
    window.generation.renew()
    window.generation.renew()
    assert said == ["eights-1 is used."]


def test_samples_can_join_the_collection(qtbot: QtBot, window: MainWindow, model: Model) -> None:
    window.commands["loop"].setChecked(False)
    window.generation.renew()
    qtbot.waitUntil(lambda: window.stage.canvas.done)
    window.commands["collect"].trigger()
    assert len(window.workbench.materials()) == 4
    assert window.workbench.undo_text == "collect 4 samples"


def test_play_and_pause(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    action = window.commands["play"]
    assert "Pause" in action.text()
    action.trigger()
    assert not window.stage.canvas.playing
    assert action.text() == "&Play"
    action.trigger()
    assert window.stage.canvas.playing


def test_other_weights_are_chosen_and_asked_for(
    window: MainWindow, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices: list[tuple[str, Weights]] = [("last, step 12", None), ("best, step 5", "best"), ("step 2", 2)]
    monkeypatch.setattr(window.workbench, "weights_to_choose", lambda run=None: tuple(choices))
    box = window.generation.weights
    window.generation.renew()
    assert [box.itemText(place) for place in range(box.count())] == [text for text, _ in choices]
    assert box.isEnabled()
    for place in (1, 2, 0):
        box.setCurrentIndex(place)
        box.activated.emit(place)
        assert model.asked[-1].weights == choices[place][1]
    box.setCurrentIndex(2)
    choices[:] = choices[:1]  # another run, which has no such step
    window.generation.renew()
    assert model.asked[-1].weights is None
    assert not box.isEnabled()


def test_the_latent_slider_follows_what_is_measured(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    assert window.generation.latent.isEnabled()
    model.latent = False
    window.workbench.latent_share_changed.emit(1)
    assert not window.generation.latent.isEnabled()
