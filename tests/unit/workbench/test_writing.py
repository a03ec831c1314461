"""Texts in a project: gathered, learned from, written on with, and measured."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import circle, tiny, train, wait_until

from studio.errors import StudioError
from studio.sequences.text import Text
from studio.training import trainer as trainer_module
from studio.training.events import Progress, TrainingEvent
from studio.training.recipe import Recipe
from studio.workbench import GenerationSettings, LiveText, Workbench

VERSE = "It rains, it rains, and then it snows.\nAnd after that the north wind blows.\n\n"


def write(**settings: object) -> Recipe:
    """A small recipe for texts."""
    texts = {"representation.kind": "characters", "model.likelihood.kind": "categorical", "look_ahead": 0.0}
    return tiny().changed(texts | {"embedding": 6, "batches": "similar", "validation": 0.1} | settings)


@pytest.fixture
def full(bench: Workbench) -> Workbench:
    bench.add_text(Text(VERSE * 30, "verse"))
    bench.add_drawing(circle())
    bench.poll()
    return bench


@pytest.fixture
def written(full: Workbench) -> Workbench:
    train(full, write(), seed=1)
    return full


def test_texts_are_kept_with_their_history(bench: Workbench) -> None:
    id = bench.add_text(Text("Ada\nGrace\n\nEmmy", "names"))
    bench.replace_text(id, Text("Ada\nGrace"))
    assert (bench.material(id).text.characters, bench.material(id).label) == ("Ada\nGrace", "names")
    assert bench.undo_text == "edit text"
    bench.undo()
    assert bench.material(id).text.characters == "Ada\nGrace\n\nEmmy"
    lines = bench.wait(bench.split_into_lines(id)).result
    assert [(bench.material(line).text.characters, bench.material(line).label) for line in lines] == [
        ("Ada", "names"),
        ("Grace", "names"),
        ("Emmy", "names"),
    ]
    assert bench.undo_text == "split into 3 texts"
    bench.undo()
    assert [item.id for item in bench.materials("text")] == [id]
    assert bench.wait(bench.split_into_lines(bench.add_text(Text("one line")))).result == (id + 4,)


def test_only_texts_are_split_into_lines(bench: Workbench) -> None:
    with pytest.raises(StudioError, match="only texts"):
        bench.split_into_lines(bench.add_drawing(circle()))


def test_strange_characters_survive_the_file(bench: Workbench) -> None:
    characters = "Zoë \N{GRINNING FACE} \U0010ffff\n\t漢字"
    bench.add_text(Text(characters))
    path = bench.path
    assert path is not None
    bench.close()
    bench.open(path)
    assert bench.materials("text")[0].text.characters == characters


def test_the_last_part_of_a_long_text_is_held_back(written: Workbench) -> None:
    run = written.runs()[0]
    assert (run.status, written.kind_of(run.id)) == ("finished", "text")
    assert run.recipe.training.validation == 0.1
    evaluation = written.wait(written.evaluate(run.id)).result
    text = written.materials("text")[0].text
    assert evaluation.bound.frames == round(0.1 * len(text))
    assert evaluation.on == "the last 10% of what the run learned from"
    assert evaluation.bits_per_character == pytest.approx(-evaluation.bound.per_frame.mean / math.log(2))
    assert evaluation.to_dict()["bits_per_character"] == evaluation.bits_per_character
    assert "bits_per_sample" not in evaluation.to_dict()
    tail = text.parted(0.1)[1]
    assert tail is not None
    again = written.wait(written.evaluate(run.id, on=[tail])).result
    assert again.bound.per_frame == evaluation.bound.per_frame
    assert "validation.elbo" in written.metrics(run.id)


def test_characters_that_are_only_in_the_last_part_stay_unknown(bench: Workbench) -> None:
    bench.add_text(Text("ab" * 450 + "xy" * 50))
    train(bench, write(), seed=1)
    known = bench._load_model(bench.runs()[0].id).characters.constants.characters
    assert known == "ab"


def test_rare_characters_are_told(bench: Workbench) -> None:
    said: list[str] = []
    bench.message.connect(said.append)
    bench.add_text(Text("ab" * 450 + "xy"))
    train(bench, write(rare=0.01, validation=0.0), seed=1)
    assert [sentence for sentence in said if sentence.startswith("0.222% of the text are characters too rare")]


def test_of_short_texts_some_are_held_back_whole(bench: Workbench) -> None:
    bench.add_texts([Text(name) for name in ("Ada", "Grace", "Emmy", "Sofia", "Lise", "Maria")])
    train(bench, write(validation=0.3), seed=1)
    run = bench.runs()[0]
    assert len(bench._project.runs.get(run.id).held_back) == 2
    evaluation = bench.wait(bench.evaluate(run.id)).result
    assert evaluation.on == "the 2 texts that the run held back"
    loaded = bench._load_model(run.id)
    assert loaded.characters.ends
    assert loaded.characters.settings.ends == "yes"


def stopped_after(full: Workbench, step: int, monkeypatch: pytest.MonkeyPatch, **settings: object) -> int:
    original = trainer_module.Trainer.events

    def events(self: Any) -> Iterator[TrainingEvent]:
        for event in original(self):
            if isinstance(event, Progress) and event.step == step:
                full.stop()
            yield event

    with monkeypatch.context() as changed:
        changed.setattr(trainer_module.Trainer, "events", events)
        return train(full, write(**settings), seed=7)


@pytest.mark.parametrize("short", [False, True])
def test_to_resume_is_to_go_on_as_if_nothing_had_been(
    bench: Workbench, short: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [Text(name) for name in ("Ada", "Grace", "Emmy", "Sofia", "Lise", "Maria")]
    bench.add_texts(names if short else [Text(VERSE * 30)])
    run = stopped_after(bench, 5, monkeypatch, steps=60)
    assert bench.run(run).step == 5
    train(bench, resume=run)
    whole = train(bench, write(steps=60), seed=7)
    np.testing.assert_array_equal(bench.metrics(run)["loss"][1], bench.metrics(whole)["loss"][1])
    for name in ("validation.elbo", "validation.kl"):
        np.testing.assert_array_equal(bench.metrics(run)[name][1], bench.metrics(whole)[name][1])


def test_a_text_added_while_it_trains_is_learned_too(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    original = trainer_module.Trainer.events

    def events(self: Any) -> Iterator[TrainingEvent]:
        for event in original(self):
            if isinstance(event, Progress) and event.step == 3:
                full.add_text(Text("And then the sun comes out again.\n" * 20))
            yield event

    with monkeypatch.context() as changed:
        changed.setattr(trainer_module.Trainer, "events", events)
        train(full, write(steps=40), seed=7)
    assert full.runs()[0].status == "finished"


def test_whole_texts(written: Workbench) -> None:
    settings = GenerationSettings(count=2, length=120, seed=5, output_variance=0.8, begin=Text("It rains"))
    texts = written.wait(written.generate(settings)).result
    assert [len(text) for text in texts] == [120, 120]
    assert all(text.characters.startswith("It rains") for text in texts)
    assert texts == written.wait(written.generate(settings)).result or all(
        a.characters == b.characters
        for a, b in zip(texts, written.wait(written.generate(settings)).result, strict=True)
    )
    written.keep_samples(settings, texts)
    assert [sample.material.characters for sample in written.samples_kept()] == [text.characters for text in texts]  # type: ignore[union-attr]


def read_all(bench: Workbench, live: LiveText) -> str:
    found: list[str] = []

    def done() -> bool:
        found.append(live.read(50))
        return live.finished

    wait_until(bench, done)
    return "".join(found)


def test_a_live_text_is_the_one_that_is_generated(written: Workbench) -> None:
    settings = GenerationSettings(count=1, length=200, seed=9, begin=Text("And "))
    whole = written.wait(written.generate(settings)).result[0]
    live = written.live_text(settings)
    assert read_all(written, live) == whole.characters
    live.close()


def test_a_live_text_takes_newer_weights_and_goes_on(written: Workbench) -> None:
    live = written.live_text(GenerationSettings(seed=9))
    wait_until(written, lambda: bool(live.read(1)))
    before = live._loaded
    train(written, resume=written.runs()[0].id, recipe=write(steps=20))
    live.refresh()
    wait_until(written, lambda: bool(live.read(10)) and live._loaded is not before)
    text = live.text()
    assert text is not None
    assert len(text) == live.shown
    live.close()


def test_what_does_not_write_is_refused(written: Workbench) -> None:
    with pytest.raises(StudioError, match="has learned from texts: choose another run"):
        written.live(GenerationSettings())
    with pytest.raises(StudioError, match="makes texts, and cannot begin with one drawing"):
        written.live_text(GenerationSettings(begin=circle()))


def test_samples_and_the_default_recipe(bench: Workbench) -> None:
    assert "write something" in bench.why_not_train("text")
    assert "harbour" in bench.samples()
    bench.open_sample("harbour")
    assert [item.kind for item in bench.materials()] == ["text"]
    assert bench.default_recipe() == "text"
    ids = bench.wait(bench.import_sample_text()).result
    assert len(ids) == 1


def test_a_look_inside_is_along_the_characters(written: Workbench, tmp_path: Path) -> None:
    looking = written.look_inside(steps=())
    written.wait(looking.job)
    written.wait(written.export_look(looking, tmp_path / "look.csv"))
    with (tmp_path / "look.csv").open(encoding="utf-8", newline="") as file:
        letters = [line["character"] for line in csv.DictReader(file)]
    assert isinstance(looking.material, Text)
    assert "".join(letters) == looking.material.characters
