"""The training pane, and one small training through the whole window."""

from __future__ import annotations

import pytest
from fakes import circle
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from studio.sequences.materials import plural
from studio.sequences.text import Text
from studio.training.recipe import Recipe
from studio.ui.main_window import MainWindow
from studio.ui.plots import CurvePlot
from studio.ui.recipe_list import BELOW
from studio.ui.training import clock
from studio.workbench import TrainingState


def button(window: MainWindow, text: str) -> QPushButton:
    return next(found for found in window.training.findChildren(QPushButton) if found.text() == text)


def test_plain_settings_show_and_change_the_recipe(window: MainWindow) -> None:
    pane = window.training
    recipe = pane.recipe
    assert recipe is not None
    assert pane.hidden.value() == recipe.model.hidden
    assert pane.latent.value() == recipe.model.latent
    assert pane.length.value() == recipe.training.steps
    pane.hidden.setValue(33)
    pane.latent.setValue(3)
    pane.length.setValue(77)
    QTest.keyClick(pane.length, Qt.Key.Key_Return)
    assert pane.recipe is not None
    assert pane.recipe == recipe.changed({"model.hidden": 33, "model.latent": 3, "training.steps": 77})
    assert pane.recipes.font().italic()
    pane._choose_recipe()
    assert pane.recipe == recipe
    assert pane.hidden.value() == recipe.model.hidden


def test_recipes_of_a_group_stand_under_its_heading(window: MainWindow) -> None:
    box = window.training.recipes
    by_name = {recipe.name: recipe for recipe in window.workbench.recipes()}
    groups: list[str] = []
    for i in range(box.count()):
        if box.itemData(i) is None:
            groups.append(box.itemText(i))
            assert not box.model().item(i).isEnabled()
            continue
        recipe = by_name[box.itemData(i)]
        assert (recipe.group or f"For {plural(recipe.material)}") == groups[-1]
        assert box.itemData(i, BELOW).startswith(f"{recipe.summary}\n{recipe.training.steps:,} steps")
    first = ["For drawings", "Continuous time", "Models to compare"]
    assert groups == [*first, "For recordings", "For texts", "For piano rolls"]
    assert {box.itemData(i) for i in range(box.count())} == {*by_name, None}
    assert box.currentData() == "pens"
    box.setCurrentIndex(box.findData("rnn-gmm"))
    window.training.show_recipes()
    assert box.currentData() == "rnn-gmm"


def test_recipes_for_the_material_at_hand_come_first(window: MainWindow) -> None:
    box = window.training.recipes
    window.workbench.add_materials([Text("a text")], "made up")
    window.workbench.poll()
    window.material_tabs.setCurrentWidget(window.texts)
    assert box.itemText(0) == "For texts"
    assert box.currentData() == "text"


def test_a_project_s_own_recipes_stand_above_all(window: MainWindow) -> None:
    window.workbench.save_recipe(Recipe(name="mine", title="Mine"))
    window.workbench.poll()
    assert [window.training.recipes.itemText(i) for i in (0, 1)] == ["Of this project", "Mine"]


def test_the_list_of_recipes_is_as_high_as_what_it_says(qtbot: QtBot, window: MainWindow) -> None:
    box = window.training.recipes
    box.showPopup()
    view = box.view()
    heights = [view.sizeHintForRow(row) for row in range(box.count())]
    headings = [box.itemData(row) is None for row in range(box.count())]
    assert max(height for height, heading in zip(heights, headings, strict=True) if heading) < min(
        height for height, heading in zip(heights, headings, strict=True) if not heading
    )
    assert view.width() >= view.sizeHintForColumn(0)
    box.hidePopup()


def test_sizes_that_a_model_does_not_have_cannot_be_changed(window: MainWindow) -> None:
    pane = window.training
    for name, latent, why in (("rnn-gmm", True, "0: no z"), ("mtrnn", False, "has no such size"), ("pens", True, "z")):
        pane.recipes.setCurrentIndex(pane.recipes.findData(name))
        pane._choose_recipe()
        assert pane.hidden.isEnabled()
        assert pane.latent.isEnabled() == latent
        assert why in pane.latent.toolTip()
        assert pane.recipe is not None
        assert pane.recipe == pane._origin()
    pane.latent.setValue(0)
    assert pane.recipe.model.latent == 0  # type: ignore[union-attr]


def test_length_in_minutes_leaves_the_recipe_alone(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    pane = window.training
    recipe = pane.recipe
    pane.unit.setCurrentText("minutes")
    pane.unit.activated.emit(1)
    pane.length.setValue(1.5)
    pane.length.editingFinished.emit()
    assert pane.recipe == recipe
    asked = {}
    monkeypatch.setattr(window.workbench, "train", lambda recipe, **given: asked.update(given))
    pane._train()
    assert asked["minutes"] == 1.5
    pane.unit.setCurrentText("steps")
    pane.unit.activated.emit(0)
    pane._train()
    assert asked["minutes"] is None


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (TrainingState(), "Not training"),
        (TrainingState("training", 1, 1500, 20_000, 102.4, "cpu"), "1,500 / 20,000 steps · 1:42 left · CPU"),
        (
            TrainingState("training", 1, 15, 200, 102.4, "cpu", speeds_up=True),
            "15 / 200 steps · 1:42 left · speeds up soon · CPU",
        ),
        (TrainingState("paused", 1, 15, 20, 3.0, "cpu"), "15 / 20 steps · paused · CPU"),
        (TrainingState("idle", message="Finished after 20 steps."), "Finished after 20 steps."),
    ],
)
def test_state_in_words(window: MainWindow, state: TrainingState, sentence: str) -> None:
    window.training.show_state(state)
    assert window.training.state.text() == sentence


def test_time_left_and_device_fit_on_a_small_screen(window: MainWindow) -> None:
    window.training.show_state(TrainingState("training", 1, 10_500, 20_000, 754.0, "cuda"))
    state = window.training.state
    assert state.sizeHint().width() <= state.width()


def test_pause_becomes_go_on(window: MainWindow) -> None:
    window.training.show_state(TrainingState("paused", 1, 15, 20))
    assert button(window, "Go On").isEnabled()
    window.training.show_state(TrainingState("training", 1, 15, 20))
    assert button(window, "Pause").isEnabled()
    window.training.show_state(TrainingState())
    assert not button(window, "Pause").isEnabled()


def test_clock() -> None:
    assert [clock(s) for s in (0, 59.6, 61, 3600 + 62)] == ["0:00", "1:00", "1:01", "1:01:02"]


def test_a_running_training_takes_over_what_it_can(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, object] = {}
    monkeypatch.setattr(type(window.workbench), "training", TrainingState("training", 1, 5, 100))
    monkeypatch.setattr(window.workbench, "change_training", lambda **given: taken.update(given))
    recipe = window.training.recipe
    assert recipe is not None
    window.training._use(recipe.changed({"training.learning_rate": 1e-4, "model.hidden": 32}))
    assert taken == {"learning_rate": 1e-4}
    assert "next training" in window.status.text.text()


def test_train_pause_stop_and_generate(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    bench, pane = window.workbench, window.training
    bench.add_drawings([circle(1.0 + i / 50) for i in range(6)])
    bench.poll()
    recipe = pane.recipe
    assert recipe is not None
    small = {"model.hidden": 8, "training.steps": 100_000, "training.batch": 4, "training.window": 16}
    pane._use(recipe.changed(small))
    pane.device.setCurrentIndex(pane.device.findData("cpu"))
    QTest.mouseClick(button(window, "Train"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.training.step > 3)
    assert not window.commands["train"].isEnabled()
    assert not window.commands["delete-run"].isEnabled()
    qtbot.waitUntil(lambda: button(window, "Pause").isEnabled())
    QTest.mouseClick(button(window, "Pause"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.training.phase == "paused")
    bench.poll()
    QTest.mouseClick(button(window, "Go On"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.training.phase == "training")
    bench.poll()
    for _ in pane.plots:
        pane._draw_curves()
    assert pane.plots[0].graph.steps_shown[1] > 3
    QTest.mouseClick(button(window, "Stop"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.training.phase == "idle")
    bench.poll()
    qtbot.waitUntil(lambda: window.stage.canvas.frames_shown > 2)
    assert window.commands["resume-run"].isEnabled()
    assert pane.runs.count() == 1
    assert "stopped" in pane.runs.currentText()

    monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("best", True))
    window.commands["rename-run"].trigger()
    qtbot.waitUntil(lambda: pane.runs.currentText().startswith("best"))
    assert window.generation.runs.findText("best") > 0
    monkeypatch.setattr(QMessageBox, "question", lambda *a: QMessageBox.StandardButton.Yes)
    window.generation.close_pens()
    window.commands["delete-run"].trigger()
    qtbot.waitUntil(lambda: not pane.runs.isEnabled())


def test_the_plots_take_turns_so_that_nothing_waits_for_all(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = window.training
    pane._curve_timer.stop()
    while pane._stale or pane._outdated:
        pane._draw_curves()
    drawn: list[CurvePlot] = []
    monkeypatch.setattr(CurvePlot, "show_series", lambda plot, series: drawn.append(plot))
    pane._draw_curves()
    assert not drawn  # nothing is new
    pane._stale = True
    for count in range(1, 5):
        pane._draw_curves()
        assert len(drawn) == count
        pane._stale = True  # the next value is there already, and does not keep the others from their turn
    assert drawn == pane.plots
