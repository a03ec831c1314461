"""Recordings that a run makes, and what it can be asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tiny import circle, tiny, train, wait_until

from studio.errors import StudioError
from studio.sequences.recording import Recording
from studio.training.recipe import Recipe
from studio.workbench import GenerationSettings, LiveVoice, Workbench

RATE = 8000
ENDLESS = 10**6


def talk(**settings: object) -> Recipe:
    """A small recipe for recordings."""
    return tiny(resample="none").changed(
        {"representation.kind": "source-filter", "label_embedding": 3, "look_ahead": 0.0, "batches": "similar"}
        | {"model.likelihood.kind": "gaussian", "generation.latent_variance": 0.7}
        | settings
    )


def sound(label: str, seed: int) -> Recording:
    noise = np.random.default_rng(seed)
    return Recording((0.1 * noise.standard_normal(1600 + 160 * seed)).astype(np.float32), RATE, label)


@pytest.fixture
def full(bench: Workbench) -> Workbench:
    bench.add_recordings([sound(("yes, ann", "no, ann", "no, bob")[seed % 3], seed) for seed in range(6)])
    bench.add_drawing(circle())
    bench.poll()
    return bench


@pytest.fixture
def spoken(full: Workbench) -> Workbench:
    train(full, talk(), device="cpu", seed=1)
    return full


@pytest.fixture
def voice(spoken: Workbench) -> Iterator[LiveVoice]:
    made = spoken.live_voice(GenerationSettings(seed=2, seconds=0.3, label="no"))
    wait_until(spoken, lambda: made.ready)
    yield made
    made.close()


def test_a_training_takes_what_its_recipe_is_for(spoken: Workbench) -> None:
    run = spoken.runs()[0]
    assert run.status == "finished"
    assert spoken.kind_of(run.id) == spoken.kind_of() == "audio"
    assert spoken.wait(spoken.evaluate(run.id)).result.bound.items == 1
    train(spoken, tiny(), device="cpu")
    assert spoken.kind_of() == "pen"
    assert spoken.kind_of(run.id) == "audio"


def test_the_default_recipe_follows_the_material(bench: Workbench) -> None:
    assert bench.default_recipe() == "pens"
    assert "draw, record" in bench.why_not_train()
    bench.add_recording(sound("yes", 1))
    assert bench.default_recipe() == "speech"
    assert bench.why_not_train() == bench.why_not_train("speech") == ""
    assert "draw something" in bench.why_not_train("pens")
    bench.add_drawing(circle())
    assert bench.default_recipe() == "pens"


def test_what_a_run_can_be_asked_for(spoken: Workbench) -> None:
    assert spoken.labels_of() == ("ann", "bob", "no", "yes")
    assert spoken.preset_of().latent_variance == 0.7
    train(spoken, tiny(), device="cpu")
    assert spoken.labels_of() == ()


def test_recordings_are_generated_and_kept(spoken: Workbench) -> None:
    settings = GenerationSettings(count=3, seed=4, seconds=0.2, label="no")
    made = spoken.wait(spoken.generate(settings)).result
    assert all(recording.label.startswith("no") and recording.seconds <= 0.2 for recording in made)
    spoken.keep_samples(settings, made)
    kept = spoken.samples_kept()
    for sample, recording in zip(kept, made, strict=True):
        assert isinstance(sample.material, Recording)
        np.testing.assert_array_equal(sample.material.samples, recording.samples)
        assert (sample.settings["label"], sample.settings["seconds"]) == ("no", 0.2)
    with pytest.raises(StudioError, match="'maybe'"):
        spoken.wait(spoken.generate(GenerationSettings(label="maybe")))


def test_a_live_voice(voice: LiveVoice) -> None:
    assert voice.rate == RATE
    while voice.read(400) is not None:
        pass
    assert voice.made == round(0.3 * RATE)
    assert voice.label.startswith("no")


def test_who_cannot_do_what(spoken: Workbench) -> None:
    with pytest.raises(StudioError, match="has learned from recordings"):
        spoken.live(GenerationSettings())
    with pytest.raises(StudioError, match="'maybe'"):
        spoken.live_voice(GenerationSettings(label="maybe"))
    with pytest.raises(StudioError, match="makes recordings, and cannot begin with one drawing"):
        spoken.generate(GenerationSettings(begin=circle()))
    train(spoken, tiny(), device="cpu")
    with pytest.raises(StudioError, match="makes drawings, and cannot begin with one recording"):
        spoken.live(GenerationSettings(begin=sound("yes", 1)))
    with pytest.raises(StudioError, match="has learned from drawings"):
        spoken.live_voice(GenerationSettings())


def test_with_the_weights_of_a_run_being_trained(full: Workbench) -> None:
    run = full.train(talk(steps=ENDLESS), device="cpu")
    wait_until(full, lambda: not full.why_not_generate(run))
    assert full.labels_of(run) == ("ann", "bob", "no", "yes")
    made = full.wait(full.generate(GenerationSettings(count=1, run=run, label="yes", seconds=0.1))).result
    assert made[0].label == "yes, ann"
    full.add_recording(sound("new", 9))
    step = full.training.step
    wait_until(full, lambda: full.training.step > step + 5)
    full.relabel([full.materials("audio")[0].id], "no, ann")
    step = full.training.step
    wait_until(full, lambda: full.training.step > step + 5)
    full.stop()
    wait_until(full, lambda: full.training.phase == "idle")
    assert full.run(run).status == "stopped"


def test_copy_synthesis(full: Workbench) -> None:
    items = full.materials("audio")[:2]
    copies = full.wait(full.copy_synthesis([item.id for item in items])).result
    for copy, item in zip(copies, items, strict=True):
        assert (len(copy), copy.rate, copy.label) == (len(item.recording), RATE, item.label)
        assert not np.array_equal(copy.samples, item.recording.samples)
    (exact,) = full.wait(full.copy_synthesis(items[0].recording, "speech-raw")).result
    np.testing.assert_allclose(exact.samples, items[0].recording.samples, atol=2**-15)
    drawing = full.materials("pen")[0].id
    with pytest.raises(StudioError, match="is a drawing"):
        full.copy_synthesis([drawing])
    with pytest.raises(StudioError, match="'pens' is not for recordings"):
        full.copy_synthesis([items[0].id], "pens")


def test_labelled_drawings_have_labels_to_ask_for_too(bench: Workbench) -> None:
    bench.add_drawings([circle(seed).labelled(("round", "thin, round")[seed % 2]) for seed in range(6)])
    train(bench, tiny(label_embedding=3), device="cpu", seed=1)
    assert bench.labels_of() == ("round", "thin")
    (drawing,) = bench.wait(bench.generate(GenerationSettings(count=1, label="thin"))).result
    assert drawing.label == "thin, round"
    pens = bench.live(GenerationSettings(count=1, label="thin", length=5))
    wait_until(bench, lambda: pens.finished or bool(len(pens.read(5))) or bool(pens.error))
    assert not pens.error
    pens.close()
    with pytest.raises(StudioError, match="known are round, thin"):
        bench.live(GenerationSettings(label="square"))
