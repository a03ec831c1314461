"""Generated text: it appears while it is written, and can be selected and copied."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from studio.sequences.text import UNKNOWN, Text
from studio.training.recipe import GenerationPreset
from studio.ui.beginnings import first_sentence
from studio.ui.main_window import MainWindow
from studio.ui.text import canvas as canvas_module
from studio.ui.text.canvas import TextCanvas
from studio.ui.theme import colour, theme
from studio.workbench import GenerationSettings, LiveText


class FakeText:
    """In the place of a `LiveText`: what it will write is known."""

    def __init__(self, characters: str, given: int = 0) -> None:
        self.error = self.details = ""
        self.ready = True
        self.unknown: tuple[str, ...] = ()
        self.given = given
        self.variance = (1.0, 1.0)
        self.closed = False
        self.seeds: list[int | None] = []
        self.refreshed = 0
        self._characters = characters
        self._read = 0

    @property
    def finished(self) -> bool:
        return self._read == len(self._characters)

    def read(self, count: int) -> str:
        new = self._characters[self._read : self._read + count]
        self._read += len(new)
        return new

    def text(self) -> Text | None:
        return Text(self._characters[: self._read]) if self._read else None

    def materials(self) -> list[Text]:
        text = self.text()
        return [] if text is None else [text]

    def restart(self, seed: int | None = None) -> None:
        self.seeds.append(seed)
        self._read = 0

    def refresh(self) -> None:
        self.refreshed += 1

    def close(self) -> None:
        self.closed = True


LiveText.register(FakeText)


class Model:
    """In the place of a trained one."""

    def __init__(self) -> None:
        self.asked: list[GenerationSettings] = []
        self.texts: list[FakeText] = []
        self.characters = "It rains, it rains, and then it snows.\n" * 4

    def kind_of(self, run: int | None = None) -> str:
        return "text"

    def labels_of(self, run: int | None = None) -> tuple[str, ...]:
        return ()

    def why_not_begin(self, run: int | None = None) -> str:
        return ""

    def why_not_between(self, run: int | None = None) -> str:
        return "This model has no latent variable for a whole text."

    def has_latent(self, run: int | None = None) -> bool:
        return True

    def preset_of(self, run: int | None = None) -> GenerationPreset:
        return GenerationPreset()

    def why_not_generate(self, run: int | None = None) -> str:
        return ""

    def live_text(self, settings: GenerationSettings) -> FakeText:
        self.asked.append(settings)
        begin = settings.begin.characters if isinstance(settings.begin, Text) else ""
        self.texts.append(FakeText(begin + self.characters, len(begin)))
        return self.texts[-1]


@pytest.fixture
def model(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Model:
    found = Model()
    for name in (
        "why_not_generate",
        "live_text",
        "kind_of",
        "labels_of",
        "has_latent",
        "preset_of",
        "why_not_begin",
        "why_not_between",
    ):
        monkeypatch.setattr(window.workbench, name, getattr(found, name))
    window.stage.speed.number = 1.0
    return found


@pytest.fixture
def canvas(qtbot: QtBot) -> TextCanvas:
    found = TextCanvas()
    found.resize(600, 400)
    found.speed = 100.0
    qtbot.addWidget(found)
    found.show()
    return found


def test_it_appears_and_ends(qtbot: QtBot, canvas: TextCanvas) -> None:
    with qtbot.waitSignal(canvas.finished):
        canvas.start(FakeText("Ada writes.\nGrace reads."))  # type: ignore[arg-type]
        canvas.play(True)
    assert canvas.page.toPlainText() == "Ada writes.\nGrace reads."
    assert canvas.done
    assert canvas.frames_shown == 24
    assert canvas.page.isReadOnly()
    assert canvas.page.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard


def test_it_comes_character_by_character(qtbot: QtBot, canvas: TextCanvas) -> None:
    canvas.speed = 1.0
    seen: list[int] = []
    canvas.advanced.connect(seen.append)
    with qtbot.waitSignal(canvas.finished):
        canvas.start(FakeText("It rains, it rains."))  # type: ignore[arg-type]
        canvas.play(True)
    steps = [b - a for a, b in pairwise(seen)]
    assert max(steps) <= 1 + canvas_module.LONGEST_CATCH_UP * canvas_module.CHARACTERS_PER_SECOND
    assert len(steps) > 3


def test_held_it_stays_as_it_is(qtbot: QtBot, canvas: TextCanvas) -> None:
    canvas.speed = 1.0
    canvas.start(FakeText("abc" * 100))  # type: ignore[arg-type]
    canvas.play(True)
    qtbot.waitUntil(lambda: canvas.frames_shown > 3)
    canvas.play(False)
    held = canvas.page.toPlainText()
    qtbot.wait(100)
    assert canvas.page.toPlainText() == held
    canvas.play(True)
    qtbot.waitUntil(lambda: canvas.frames_shown > len(held))


def test_what_was_given_has_another_ink_in_both_themes(qtbot: QtBot, canvas: TextCanvas) -> None:
    with qtbot.waitSignal(canvas.finished):
        canvas.start(FakeText("Given. Written.", given=6))  # type: ignore[arg-type]
        canvas.play(True)

    def inks() -> list[str]:
        cursor = canvas.page.textCursor()
        found = []
        for place in (1, 6, 7, 15):
            cursor.setPosition(place)
            found.append(cursor.charFormat().foreground().color().name())
        return found

    for mode in ("light", "dark"):
        theme().apply(mode)  # type: ignore[arg-type]
        muted, ink = colour("muted").name(), colour("ink").name()
        assert inks() == [muted, muted, ink, ink]


def test_a_text_without_end_stays_quick(canvas: TextCanvas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas_module, "MOST_SHOWN", 500)
    monkeypatch.setattr(canvas_module, "LONGEST_LINE", 200)
    canvas.start(FakeText("x"))  # type: ignore[arg-type]
    for number in range(100):
        canvas._append(f"line {number}\n", "ink")
    assert canvas.page.toPlainText().endswith("line 99\n")
    assert canvas.page.document().characterCount() <= 520
    for _ in range(100):
        canvas._append("word ", "ink")
    assert max(map(len, canvas.page.toPlainText().split("\n"))) <= 220


def test_reading_further_up_is_not_disturbed(canvas: TextCanvas) -> None:
    canvas.start(FakeText("x"))  # type: ignore[arg-type]
    canvas._append("line\n" * 200, "ink")
    bar = canvas.page.verticalScrollBar()
    assert bar.value() == bar.maximum()
    bar.setValue(20)
    canvas._append("line\n" * 20, "ink")
    assert bar.value() == 20


def test_the_sheet_is_empty_while_the_model_is_loaded(qtbot: QtBot, canvas: TextCanvas) -> None:
    text = FakeText("abc" * 100)
    text.ready = False
    canvas.start(text)  # type: ignore[arg-type]
    canvas.play(True)
    assert canvas.page.isHidden()
    text.ready = True
    qtbot.waitUntil(canvas.page.isVisible)


def test_it_says_why_it_cannot_go_on(qtbot: QtBot, canvas: TextCanvas) -> None:
    text = FakeText("abc")
    text.error = "Something broke."
    with qtbot.waitSignal(canvas.failed) as failed:
        canvas.start(text)  # type: ignore[arg-type]
        canvas.play(True)
    assert failed.args == ["Something broke."]


# --- with the pane


def test_the_controls_of_texts(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    pane = window.generation
    assert window.stage.shown is window.stage.text
    assert pane._names[pane.output].text() == "Te&mperature"
    assert pane.prompt.isVisible()
    assert not pane.counts.button(4).isVisible()
    assert pane.length.suffix() == " characters"
    assert window.stage._speed_value.text() == "300 / s"
    asked = model.asked[-1]
    assert (asked.begin, asked.length, asked.output_variance) == (None, None, 1.0)
    pane.output.number = 0.4
    assert model.texts[-1].variance == (1.0, 0.4)


def test_a_prompt_is_gone_on_with(qtbot: QtBot, window: MainWindow, model: Model) -> None:
    window.generation.renew()
    window.generation.prompt.setPlainText("Ada: ")
    qtbot.waitUntil(lambda: len(model.asked) == 2)
    assert isinstance(model.asked[-1].begin, Text)
    assert model.asked[-1].begin.characters == "Ada: "
    assert model.texts[0].closed
    qtbot.waitUntil(lambda: window.stage.text.page.toPlainText().startswith("Ada: It"))
    window.commands["begin-nothing"].trigger()
    assert model.asked[-1].begin is None


def test_the_prompt_can_be_taken_from_the_collection(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    window.material_tabs.setCurrentWidget(window.texts)
    id = window.workbench.add_text(Text("word " * 100))
    window.workbench.poll()
    window.texts.collection.select([id])
    window.commands["begin"].trigger()
    prompt = window.generation.prompt.toPlainText()
    assert prompt == first_sentence(Text("word " * 100))
    assert prompt.endswith("word")
    assert 150 < len(prompt) <= 200


def test_copy_export_and_collect(
    qtbot: QtBot, window: MainWindow, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.commands["loop"].setChecked(False)
    window.generation.renew()
    qtbot.waitUntil(lambda: window.stage.text.done)
    window.commands["copy-text"].trigger()
    assert QApplication.clipboard().text() == model.characters
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.txt"), ""))
    window.commands["export-txt"].trigger()
    qtbot.waitUntil((tmp_path / "a.txt").exists)
    assert (tmp_path / "a.txt").read_text() == model.characters
    window.commands["collect"].trigger()
    window.workbench.poll()
    assert [item.text.characters for item in window.workbench.materials("text")] == [model.characters]


def test_newer_weights_are_taken_without_a_break(window: MainWindow, model: Model) -> None:
    window.generation.renew()
    window.generation._live_run = 3
    window.generation._take_weights(3)
    assert model.texts[-1].refreshed == 1
    assert len(model.texts) == 1


def test_the_sample_is_learned_and_written(qtbot: QtBot, window: MainWindow) -> None:
    """With no stand-in: from the menu of samples to a text that appears while the model still learns."""
    window.open_sample("harbour")
    qtbot.waitUntil(lambda: window.training.recipe is not None and window.training.recipe.name == "text")
    recipe = window.training.recipe
    assert recipe is not None
    window.training._use(recipe.changed({"hidden": 16, "batch": 4, "steps": 100_000, "validate_every": 20}))
    window.stage.speed.number = 1.0
    window.commands["train"].trigger()
    qtbot.waitUntil(lambda: window.stage.text.frames_shown > 50)
    learned = set(window.workbench.materials("text")[0].text.characters)
    assert set(window.stage.text.page.toPlainText()) <= learned | {UNKNOWN}
    qtbot.waitUntil(lambda: "bits per character" in window.training.state.text())
    qtbot.waitUntil(lambda: window.training.plots[0]._heading.text() == "Loss, bits")
    window.commands["stop-training"].trigger()
    qtbot.waitUntil(lambda: window.workbench.training.phase == "idle")
