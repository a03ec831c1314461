"""Everything that reads bytes from outside, as one function of the bytes each: what the fuzzing campaign attacks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import good_files
import numpy as np
import soundfile

from studio.errors import StudioError
from studio.files import audio, texts
from studio.files.source import Source
from studio.project.file import Project
from studio.project.places import Places
from studio.project.records import StoredCheckpoint
from studio.training.recipe import Recipe

IN_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes:
        attempt: reads the bytes; whatever it raises is a failure.
        good: files that it reads, to be damaged.
        instrumented: modules whose branches atheris follows.
    """

    name: str
    attempt: Callable[[bytes], object]
    good: tuple[bytes, ...]
    instrumented: tuple[str, ...]


def targets() -> dict[str, Target]:
    """All of them, by name."""
    found = [*_formats(), _text(), _rolls(), _midi(), _sound(), _project(), _recipe(), _checkpoint(), _recent()]
    return {target.name: target for target in found}


def _formats() -> list[Target]:
    forms = {form.name: form for form, _ in good_files.GOOD}
    return [
        Target(
            name,
            partial(good_files.attempt, form),
            tuple(data for other, data in good_files.GOOD if other.name == name),
            ("studio.files",),
        )
        for name, form in sorted(forms.items())
    ]


def _text() -> Target:
    def attempt(data: bytes) -> None:
        def read() -> None:
            text = texts.read(Source("fuzz.txt", data))
            assert texts.read(Source("again.txt", texts.to_bytes(text))).characters == text.characters

        _refusable(read)

    letter = "Dear Zoë,\r\n\tit rains. – Yours\r\n"
    good = tuple(letter.encode(form) for form in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"))
    return Target("text file", attempt, good, ("studio.files.texts", "studio.files.source", "studio.sequences.text"))


def _rolls() -> Target:
    return Target("piano roll", good_files.attempt_rolls, good_files.ROLLS, ("studio.files",))


def _midi() -> Target:
    return Target("MIDI file", good_files.attempt_rolls, good_files.MIDI, ("studio.files.midi",))


def _sound() -> Target:
    path = _scratch("fuzz.wav")

    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        _refusable(lambda: audio.read_recording(path, rate=8000))

    return Target("sound file", attempt, tuple(_good_sounds(path)), ("studio.files.audio", "studio.sound"))


def _good_sounds(path: Path) -> Iterator[bytes]:
    samples = np.sin(np.arange(400) / 9)
    for kind, width in (("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("AIFF", "PCM_24")):
        soundfile.write(path, samples, 16_000, format=kind, subtype=width)
        yield path.read_bytes()
    soundfile.write(path, samples, 16_000, format="MP3")
    mp3 = path.read_bytes()
    yield mp3[72 * 8 * (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20)[mp3[2] >> 4] // 16 :]  # without its count
    for kind, width in (("OGG", "OPUS"), ("WAV", "GSM610"), ("CAF", "PCM_16"), ("AU", "PCM_16"), ("RF64", "PCM_16")):
        soundfile.write(path, samples, 16_000, format=kind, subtype=width)
        data = path.read_bytes()
        yield 2 * data if kind == "OGG" else data.replace(len(samples).to_bytes(4, "little"), bytes(4))


def _scratch(name: str) -> Path:
    folder = tempfile.mkdtemp(prefix="vrnn-fuzz-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None)
    return Path(folder, name)


def _project() -> Target:
    path = _scratch("fuzz.vrnn")

    def attempt(data: bytes) -> None:
        for left in list(path.parent.iterdir()):
            left.unlink(missing_ok=True)
        path.write_bytes(data)
        try:
            project = Project.open(path)
        except StudioError:
            return
        try:
            read_everything(project)
        finally:
            project.close()

    return Target("project file", attempt, (_good_project(),), ("studio.project",))


def read_everything(project: Project) -> None:
    """All that a project can be asked for, and a few changes; a refusal of one thing is no reason to skip the rest."""
    runs = project.runs

    def each_run() -> None:
        for run in runs.all():
            _refusable(partial(runs.metrics, run.id))
            _refusable(partial(runs.checkpoint, run.id, "last", "best"))

    def each_item() -> None:
        for item in collection.items():
            _refusable(lambda item=item: item.material)  # type: ignore[misc]

    collection = project.collection
    asked = (each_item, project.recipes, each_run, runs.samples, collection.undo_text, collection.redo_text)
    changes = (collection.undo, collection.redo, partial(collection.delete, [1], "delete"))
    for ask in (*asked, *changes, each_item):
        _refusable(ask)


def _refusable(ask: Callable[[], object]) -> None:
    refusal = ""
    try:
        ask()
    except StudioError as error:
        refusal = str(error)
    assert "\n" not in refusal


def _good_project() -> bytes:
    path = _scratch("good.vrnn")
    project = Project.create(path)
    first, second = project.collection.add([("drawn", good_files.DRAWING), ("drawn", good_files.DRAWING)], "add")
    project.collection.relabel([first], "a", "label")
    project.collection.delete([second], "delete")
    project.collection.undo()
    project.save_recipe("mine", Recipe(name="mine", title="Mine").to_toml())
    run = project.runs.create("pens-1", Recipe(name="mine", title="Mine").to_toml(), device="cpu", seed=1)
    project.runs.add_metrics(run, {"loss": (np.arange(9), np.arange(9) / 7)}, step=9)
    project.runs.save_checkpoint(run, StoredCheckpoint("last", 9, bytes(100), {"step": 9}))
    project.runs.add_samples(run, {"seed": 1}, [good_files.DRAWING])
    with project._database.transaction() as connection:
        connection.execute("UPDATE runs SET owner = 'somewhere/1'")  # the same bytes on every computer
    project.close()
    return path.read_bytes()


def _recipe() -> Target:
    def attempt(data: bytes) -> None:
        _refusable(lambda: Recipe.from_toml(data.decode("utf-8", "replace"), "fuzz.toml").to_toml())

    good = Recipe(name="mine", title="Mine").to_toml().encode()
    return Target("recipe", attempt, (good,), ("studio.training.recipe", "studio.settings"))


def _recent() -> Target:
    folder = _scratch("studio")
    folder.mkdir()
    places = Places(folder)
    places.remember(Path("one.vrnn"))
    file = folder / "recent.json"

    def attempt(data: bytes) -> None:
        file.write_bytes(data)
        places.recent()

    return Target("list of recent projects", attempt, (file.read_bytes(),), ("studio.project.places",))


def _checkpoint() -> Target:
    path = _scratch("fuzz.safetensors")
    good: list[bytes] = []

    def attempt(data: bytes) -> None:
        from studio.training.checkpoints import load, load_model

        path.write_bytes(data)
        _refusable(lambda: load_model(load(path)))

    if os.environ.get("FUZZ_TARGET", "checkpoint") == "checkpoint":  # the only one that needs torch
        good.append(_good_checkpoint(path))
    return Target("checkpoint", attempt, tuple(good), ("studio.training.checkpoints", "studio.sequences.pen"))


def _good_checkpoint(path: Path) -> bytes:
    import msgspec

    from studio.models.building import build_model
    from studio.sequences.pen import PenRepresentation
    from studio.training.checkpoints import FORMAT, Checkpoint, pack, prefixed, save

    small = {"hidden": 3, "latent": 2, "components": 1, "model.phi_x.widths": (2,), "model.phi_z.widths": (2,)}
    small |= {f"model.{part}.widths": (2,) for part in ("prior", "encoder", "decoder")}
    recipe = Recipe(name="mine", title="Mine").changed(small)
    representation = PenRepresentation(recipe.representation)
    representation.fit([good_files.DRAWING])
    model = build_model(recipe.model, representation.layout, 1)
    meta = {
        "format": FORMAT,
        "step": 1,
        "recipe": msgspec.to_builtins(recipe),
        "representation": representation.to_dict(),
    }
    save(Checkpoint(pack(prefixed("model", model.state_dict())), meta), path)
    return path.read_bytes()
