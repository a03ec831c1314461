"""All settings of a recipe, and back."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QInputDialog, QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from studio.errors import StudioError
from studio.training.recipe import Recipe
from studio.ui.recipe_dialog import RecipeDialog
from studio.ui.recipe_fields import fields, shown, typed

PENS = Recipe(name="pens", title="Pens", summary="For drawings.")


@pytest.fixture
def saved() -> list[Recipe]:
    return []


@pytest.fixture
def dialog(qtbot: QtBot, saved: list[Recipe]) -> RecipeDialog:
    found = RecipeDialog(PENS, PENS, saved.append)
    qtbot.addWidget(found)
    found.show()
    return found


def enter(dialog: RecipeDialog, path: str, value: Any) -> None:
    """As a person would."""
    widget: QWidget = dialog._editors[path].widget
    if isinstance(widget, QComboBox):
        widget.setCurrentText(value)
    elif isinstance(widget, QCheckBox):
        widget.setChecked(value)
    elif isinstance(widget, QSpinBox):
        widget.setValue(value)
    else:
        assert isinstance(widget, QLineEdit)
        widget.setText(value)


def test_fields_are_all_settings_with_their_explanations() -> None:
    found = {field.path: field for field in fields(PENS)}
    not_shown = {"name", "title", "summary", "group", "representation.kind", "model.kind"}
    assert set(found) == {path for path, _, _ in PENS.settings()} - not_shown
    assert all(field.explanation for field in found.values())
    assert found["model.recurrence"].kind == "choice"
    assert "lstm" in found["model.recurrence"].choices
    assert found["model.likelihood.correlated"].kind == "switch"
    assert (found["training.batch"].kind, found["training.batch"].low) == ("whole", 1)
    assert found["training.learning_rate"].kind == "real"
    assert found["model.phi_x.widths"].kind == "text"
    assert found["training.learning_rate"].name == "learning rate"
    assert found["training.learning_rate"].table[0] == "training"


@pytest.mark.parametrize("field", list(fields(PENS)), ids=lambda field: field.path)
def test_every_value_is_shown_and_typed_back(field: Any) -> None:
    text = typed(shown(field.value), field) if field.kind in ("text", "real") else field.value
    assert PENS.changed({field.path: text}) == PENS


def test_untouched_settings_come_back_unchanged(dialog: RecipeDialog) -> None:
    dialog.accept()
    assert dialog.recipe == PENS
    assert not dialog.reset_all.isEnabled()


def test_every_kind_of_editor(dialog: RecipeDialog) -> None:
    changes = {
        "model.recurrence": "lstm",
        "model.likelihood.correlated": not PENS.model.likelihood.correlated,
        "training.batch": 7,
        "training.learning_rate": "1e-4",
        "model.phi_x.widths": "64, 32",
    }
    for path, value in changes.items():
        enter(dialog, path, value)
    assert dialog.recipe.model.recurrence == "lstm"
    assert dialog.recipe.training.batch == 7
    assert dialog.recipe.training.learning_rate == 1e-4
    assert dialog.recipe.model.phi_x.widths == (64, 32)
    bold = {path for path, row in dialog._rows.items() if row.font(0).bold()}
    assert bold == set(changes)
    assert dialog.problem.text().startswith("5 of ")


def test_one_setting_and_all_of_them_can_be_put_back(dialog: RecipeDialog) -> None:
    enter(dialog, "training.batch", 7)
    enter(dialog, "training.clip", "5")
    reset = dialog._resets["training.batch"]
    assert reset.isVisible()
    reset.click()  # type: ignore[attr-defined]
    assert dialog.recipe.training.batch == PENS.training.batch
    assert dialog.recipe.training.clip == 5
    assert not reset.isVisible()
    dialog.reset_all.click()
    assert dialog.recipe == PENS


def test_wrong_values_are_refused_with_a_reason(dialog: RecipeDialog) -> None:
    enter(dialog, "training.learning_rate", "fast")
    assert "learning_rate" in dialog.problem.text()
    assert not dialog.ok.isEnabled()
    assert not dialog.save_as.isEnabled()
    enter(dialog, "training.learning_rate", "0.001")
    assert dialog.ok.isEnabled()


def test_finding_settings(dialog: RecipeDialog) -> None:
    dialog.search.setText("learning rate")
    seen = {path for path, row in dialog._rows.items() if not row.isHidden()}
    assert "training.learning_rate" in seen
    assert "model.recurrence" not in seen
    dialog.search.clear()
    assert not any(row.isHidden() for row in dialog._rows.values())


def test_saving_as_own_recipe(dialog: RecipeDialog, saved: list[Recipe], monkeypatch: pytest.MonkeyPatch) -> None:
    enter(dialog, "training.batch", 7)
    monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("Küche & Bad 2", True))
    dialog.save_as.click()
    assert [recipe.title for recipe in saved] == ["Küche & Bad 2"]
    assert saved[0].name == "k-che-bad-2"
    assert saved[0].training.batch == 7
    assert dialog.recipe == saved[0]
    assert Recipe.from_toml(saved[0].to_toml()) == saved[0]


def test_refused_names_leave_the_dialog_open(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Recipe) -> None:
        raise StudioError("That name is taken: choose another.")

    dialog = RecipeDialog(PENS, PENS, refuse)
    qtbot.addWidget(dialog)
    dialog.show()
    monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("Pens", True))
    dialog.save_as.click()
    assert dialog.isVisible()
    assert "taken" in dialog.problem.text()
