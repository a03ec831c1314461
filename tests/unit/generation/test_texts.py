"""Texts that a model writes: whole, and live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import torch

from studio.errors import StudioError
from studio.generation.live_text import LiveText
from studio.generation.loaded import Loaded
from studio.generation.sampler import generate_texts
from studio.generation.variance import Variance
from studio.models.building import build_model
from studio.models.settings import LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.characters import CharacterRepresentation
from studio.sequences.pen import PenRepresentation
from studio.sequences.text import UNKNOWN, Text

PATIENCE = 120.0


def made(*characters: str) -> tuple[VRNN, CharacterRepresentation]:
    representation = CharacterRepresentation()
    representation.fit([Text(each) for each in characters])
    likelihood = LikelihoodSettings(kind="categorical")
    settings = VRNNSettings(hidden=12, latent=2, memory=0, embedding=5, likelihood=likelihood)
    return build_model(settings, representation.layout, seed=1), representation


def certain_to_follow(model: VRNN, representation: CharacterRepresentation, order: str) -> None:
    """Let each character of `order` be followed by the next one, whatever else the model knows."""
    index = representation.encode_beginning(Text(order)).frames[:, 0].astype(int)
    torch.nn.init.zeros_(model.likelihood.linear.weight)
    torch.nn.init.zeros_(model.likelihood.linear.bias)
    with torch.no_grad():
        model.likelihood.linear.bias[index[0]] = 5.0


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
def test_the_same_seed_writes_the_same_text(temperature: float) -> None:
    model, representation = made("abcdefgh" * 20)
    wanted = {"length": 150, "variance": Variance(1.0, temperature), "seed": 3}
    one = generate_texts(model, representation, count=1, **wanted)
    several = generate_texts(model, representation, count=3, **wanted)
    assert one[0].characters == several[0].characters
    assert len(one[0]) == 150
    assert len({text.characters for text in several}) > 1 or temperature == 0


def test_at_temperature_0_the_likeliest_character_is_written() -> None:
    model, representation = made("abc" * 50)
    certain_to_follow(model, representation, "b")
    cold = generate_texts(model, representation, count=1, length=30, variance=Variance(1.0, 0.0))
    assert cold[0].characters == "b" * 30
    hot = generate_texts(model, representation, count=1, length=300, variance=Variance(1.0, 50.0))
    assert set(hot[0].characters) >= set("abc")


def test_the_temperature_divides_log_probabilities() -> None:
    model, representation = made("abc" * 50)
    certain_to_follow(model, representation, "b")
    warm = generate_texts(model, representation, count=1, length=4000, variance=Variance(1.0, 2.5), seed=1)
    share = warm[0].characters.count("b") / 4000
    never = -torch.inf  # the unknown character, which no text of the material holds
    odds = torch.softmax(torch.tensor([never, 0.0, 5.0, 0.0]) / 2.5, 0)[2].item()
    assert share == pytest.approx(odds, abs=4 * (odds * (1 - odds) / 4000) ** 0.5)


def test_a_beginning_is_kept_as_it_is_and_decides_what_follows() -> None:
    model, representation = made("abcdefgh" * 20)
    with torch.no_grad():
        for weights in model.parameters():
            weights *= 6  # a model that has learned nothing heeds nothing
    begins = ["ab" * 20, "gh" * 20, "?" * 40]
    texts = [
        generate_texts(model, representation, count=1, length=160, seed=5, begin=Text(begin))[0].characters
        for begin in begins
    ]
    assert [text[:40] for text in texts] == begins
    assert len({text[40:] for text in texts}) == 3
    assert generate_texts(model, representation, count=1, length=2, begin=Text("abca"))[0].characters == "ab"


def test_texts_that_end_do_end() -> None:
    model, representation = made("ab", "ba", "aabb")
    torch.nn.init.zeros_(model.likelihood.linear.weight)
    with torch.no_grad():
        model.likelihood.linear.bias.copy_(torch.tensor([-50.0, 1.0, 1.0, 0.0]))
    texts = generate_texts(model, representation, count=40, length=500, seed=2)
    assert all(len(text) < 60 for text in texts)
    assert UNKNOWN not in "".join(text.characters for text in texts)


# ------------------------------------------------------------ live


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.002)


def read_all(live: LiveText) -> str:
    read: list[str] = []

    def done() -> bool:
        read.append(live.read(20))
        return live.finished

    wait_until(done)
    return "".join(read)


@pytest.fixture
def loaded() -> Loaded:
    return Loaded(*made("abcdefgh" * 20))


@pytest.fixture
def live(loaded: Loaded) -> Iterator[Callable[..., LiveText]]:
    opened: list[LiveText] = []

    def make(**options: object) -> LiveText:
        opened.append(LiveText(lambda: loaded, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for text in opened:
        text.close()
        text._thread.join(PATIENCE)
        assert not text._thread.is_alive()


def test_it_writes_what_is_generated_at_once(loaded: Loaded, live: Callable[..., LiveText]) -> None:
    begin = Text("abc?d")
    text = live(length=200, seed=4, begin=begin)
    expected = generate_texts(loaded.model, loaded.characters, count=1, length=200, seed=4, begin=begin)[0]
    assert read_all(text) == expected.characters
    found = text.text()
    assert found is not None
    assert found.characters == expected.characters
    assert (text.shown, text.given, text.unknown, text.length) == (200, 5, ("?",), 200)


def test_it_writes_no_further_than_somebody_reads(live: Callable[..., LiveText]) -> None:
    text = live()
    wait_until(lambda: bool(text.read(1)))
    for _ in range(50):
        text.read(1)
        time.sleep(0.001)
    assert not text.finished
    assert len(text._waiting) < 64


def test_it_begins_anew(live: Callable[..., LiveText]) -> None:
    text = live(length=80, seed=1)
    first = read_all(text)
    text.restart()
    assert text.text() is None
    assert read_all(text) == first
    text.restart(2)
    assert text.seed == 2
    assert read_all(text) != first


def test_the_temperature_can_be_moved_while_it_writes(live: Callable[..., LiveText]) -> None:
    text = live(length=3000, seed=1)
    wait_until(lambda: bool(text.read(1)))
    text.variance = (0.0, 0.0)
    assert text.variance == (0.0, 0.0)
    tail = read_all(text)[-1000:]
    assert len({tail[i : i + 50] for i in range(950)}) < 200  # a model without chance goes round and round


def test_a_run_of_something_else_cannot_write(live: Callable[..., LiveText], loaded: Loaded) -> None:
    pens = Loaded(loaded.model, PenRepresentation())
    with pytest.raises(StudioError, match="cannot write"):
        pens.characters  # noqa: B018
    text = LiveText(lambda: pens)
    wait_until(lambda: bool(text.error))
    assert "cannot write" in text.error
    text.close()


def test_a_mistake_becomes_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def load() -> Loaded:
        raise ZeroDivisionError("oh")

    text = LiveText(load)
    wait_until(lambda: bool(text.error))
    assert "mistake in the studio (oh)" in text.error
    assert "ZeroDivisionError" in text.details
    text.close()
