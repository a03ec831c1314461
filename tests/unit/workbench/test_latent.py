"""Whether the latent variance of a run moves anything: measured in the background, kept with the weights, and told."""

import pytest
from tiny import tiny, train

from studio.generation import latent_share as measuring
from studio.generation.latent_share import LatentShare
from studio.workbench import Workbench


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is measured, one after the other."""
    found: list[float] = []
    monkeypatch.setattr(measuring, "latent_share", lambda *_, **__: LatentShare(found.pop(0), 1.0))
    return found


def measured(bench: Workbench, **chosen: object) -> float | None:
    job = bench.measure_latent_share(**chosen)  # type: ignore[arg-type]
    assert job is not None
    return bench.wait(job).result


def test_it_is_kept_with_the_weights_and_measured_once(full: Workbench, share: list[float]) -> None:
    run = train(full, tiny(validation=0.4))
    share += [0.05, 0.5]
    told: list[int] = []
    full.latent_share_changed.connect(told.append)
    assert full.latent_share(run) is None
    assert full.why_latent_does_nothing(run) == ""
    assert measured(full) == 0.05
    assert told == [run]
    assert "decide only 5% of what varies" in full.why_latent_does_nothing()
    assert full.measure_latent_share() is None
    assert measured(full, weights=6) == 0.5  # other weights, another share
    assert full.why_latent_does_nothing(run, 6) == ""
    path = full.path
    full.close()
    full.open(path)
    assert full.latent_share(run) == 0.05
    assert full.latent_share(run, 6) == 0.5
    assert full.measure_latent_share(run) is None


def test_trained_further_it_is_not_known_any_more(full: Workbench, share: list[float]) -> None:
    run = train(full, tiny(validation=0.0))
    share += [0.05]
    measured(full)
    train(full, tiny(steps=14, validation=0.0), resume=run)
    assert full.latent_share(run) is None


def test_where_it_fails_nothing_is_said_and_it_is_not_tried_again(
    full: Workbench, share: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    train(full, tiny())
    assert measured(full) is None  # there is nothing to pop
    assert full.measure_latent_share() is None
    assert full.why_latent_does_nothing() == ""
    assert "could not be measured" in caplog.text


def test_there_may_be_nothing_to_measure(full: Workbench) -> None:
    assert full.measure_latent_share() is None  # no run
    assert full.latent_share() is None
    train(full, tiny(latent=0))
    assert full.measure_latent_share() is None
    assert "has no latent variable" in full.why_latent_does_nothing()


WHOLE = {"whole": 3, "batches": "whole", "average": 0.9, "look_ahead": 0.0}


def test_g_and_z_are_told_apart(full: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = train(full, tiny(**WHOLE))
    assert full.has_whole(run)
    monkeypatch.setattr(measuring, "latent_share", lambda *_, **__: LatentShare(0.9, 1.0, 0.9, 0.04))
    assert measured(full) == 0.9
    assert full.why_latent_does_nothing(part="whole") == ""
    assert full.why_latent_does_nothing(part="step").startswith(
        "z, which this run draws with each step, decides only 4%"
    )
    path = full.path
    full.close()
    full.open(path)
    assert [full.latent_share(run, part=part) for part in ("latent", "whole", "step")] == [0.9, 0.9, 0.04]
    assert full.measure_latent_share(run) is None


def test_what_an_older_studio_measured_is_measured_anew_where_there_is_g(
    full: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(full, tiny(**WHOLE))
    full._project.runs.note(run, "last", 12, {"latent_share": 0.9})
    assert full.latent_share(run) == 0.9
    monkeypatch.setattr(measuring, "latent_share", lambda *_, **__: LatentShare(0.8, 1.0, 0.8, 0.3))
    assert measured(full) == 0.8
    assert full.latent_share(run, part="step") == 0.3


def test_without_g_its_variance_is_refused_in_a_sentence(full: Workbench) -> None:
    train(full, tiny())
    assert not full.has_whole()
    assert "draws no latent variable g" in full.why_latent_does_nothing(part="whole")


def test_the_real_thing(full: Workbench) -> None:
    train(full, tiny())
    found = measured(full)
    assert found is not None
    assert found >= 0
