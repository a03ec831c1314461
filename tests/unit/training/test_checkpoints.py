"""Checkpoints: bytes, files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import torch
from small_training import Workshop

from studio.errors import StudioError
from studio.training.checkpoints import Checkpoint, load, load_model, save
from studio.training.events import Saved


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    saved = [e for e in Workshop().trainer().events() if isinstance(e, Saved) and e.kind == "last"][-1]
    return Checkpoint(saved.weights, saved.meta)


def test_load_model(checkpoint: Checkpoint) -> None:
    workshop = Workshop()
    model, representation, recipe = load_model(checkpoint)
    assert recipe == workshop.recipe
    assert representation.to_dict() == workshop.representation.to_dict()
    assert not model.training
    tensors = checkpoint.tensors()
    assert torch.equal(model.recurrence.bias, tensors["average.recurrence.bias"])


def test_file_and_back(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save(checkpoint, path)
    again = load(path)
    assert again.meta == json.loads(json.dumps(checkpoint.meta))
    one, two = again.tensors(), checkpoint.tensors()
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_file_that_is_something_else(tmp_path: Path, checkpoint: Checkpoint) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(StudioError, match="no file"):
        load(path)
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(StudioError, match=r"model\.safetensors is not a checkpoint"):
        load(path)
    path.write_bytes(checkpoint.weights)  # safetensors, but without the header
    with pytest.raises(StudioError, match="is not a checkpoint"):
        load(path)


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({"format": 99}, "format 99"),
        ({"recipe": {"name": "x"}}, "recipe"),
        ({"representation": {"kind": "smoke"}}, "smoke"),
        ({"representation": None}, "representation"),
    ],
)
def test_meta_that_cannot_be_read(checkpoint: Checkpoint, meta: dict[str, object], words: str) -> None:
    with pytest.raises(StudioError, match=words):
        load_model(Checkpoint(checkpoint.weights, {**checkpoint.meta, **meta}))


def test_damaged_weights(checkpoint: Checkpoint) -> None:
    with pytest.raises(StudioError, match="damaged"):
        load_model(Checkpoint(checkpoint.weights[:-10], checkpoint.meta))


def test_weights_of_another_model(checkpoint: Checkpoint) -> None:
    other = Workshop(hidden=11).recipe
    meta = {**checkpoint.meta, "recipe": msgspec.to_builtins(other)}
    with pytest.raises(StudioError, match="do not fit"):
        load_model(Checkpoint(checkpoint.weights, meta))


def test_pickles_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(StudioError, match="is not a checkpoint"):
        load(path)
