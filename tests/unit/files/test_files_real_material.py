"""Real files of every kind, where they lie beside the checkout."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from studio.files.readers import read_drawing, read_materials
from studio.sequences.material import Drawing


def read(path: Path) -> list[Drawing]:
    result = read_materials([path])
    assert result.problems == []
    assert all(item.name.startswith(path.name) or path.is_dir() for item in result.materials)
    return [item.material for item in result.materials]


@pytest.fixture(scope="module")
def original(shared_data: Path) -> Drawing:
    """The first drawing of Omniglot as its authors published it."""
    return read(shared_data / "omniglot" / "data_background_small1.mat")[0]


@pytest.mark.parametrize("name", ["csv", "inkml", "npy", "svg", "unp"])
def test_all_formats_of_one_drawing_agree(name: str, shared_data: Path, original: Drawing) -> None:
    drawing = read_drawing(shared_data / "fixtures" / f"omniglot_0.{name}")
    turn = [1, -1] if name == "svg" else [1, 1]  # the SVG stands upright on a screen
    np.testing.assert_allclose(drawing.points * turn, original.points, atol=1e-3)
    assert drawing.pen_up.tolist() == original.pen_up.tolist()
    if name not in ("npy", "svg"):
        np.testing.assert_allclose(drawing.times, original.times, atol=1e-3)


def test_the_raw_quickdraw_fixture_agrees_too(shared_data: Path, original: Drawing) -> None:
    drawing = read_drawing(shared_data / "fixtures" / "omniglot_0_raw.ndjson")
    np.testing.assert_allclose(drawing.points * [1, -1], original.points, atol=1e-3)
    np.testing.assert_allclose(drawing.times, original.times, atol=1e-3)
    assert (drawing.label, drawing.y_up) == ("omniglot", False)


@pytest.mark.parametrize("name", ["omniglot_5.mat", "omniglot_5_flat.npz", "omniglot_5_ragged_objectarray.npz"])
def test_archives_of_five_agree_with_the_tables(name: str, shared_data: Path) -> None:
    drawings = read(shared_data / "fixtures" / name)
    assert len(drawings) == 5
    for i, drawing in enumerate(drawings):
        table = read_drawing(shared_data / "fixtures" / f"omniglot_{i}.csv")
        np.testing.assert_allclose(drawing.points, table.points, atol=1e-3)
        assert drawing.pen_up.tolist() == table.pen_up.tolist()


def test_every_fixture_in_one_import(shared_data: Path) -> None:
    result = read_materials([shared_data / "fixtures"])
    assert result.problems == []
    assert len(result.materials) == 5 + 5 + 3 * 5


def test_the_same_drawing_as_omniglot_stroke_file(shared_data: Path, original: Drawing, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared_data / "omniglot" / "strokes_background_small1.zip") as archive:
        for i in range(1, 4):
            archive.extract(f"strokes_background_small1/Balinese/character01/0108_{i:02d}.txt", tmp_path)
    result = read_materials([tmp_path])
    assert result.problems == []
    assert [item.material.label for item in result.materials] == ["character01"] * 3
    np.testing.assert_allclose(result.materials[0].material.points, original.points, atol=1e-3)
    np.testing.assert_allclose(result.materials[0].material.times, original.times, atol=1e-3)


def test_omniglot_of_matlab(shared_data: Path, original: Drawing) -> None:
    drawings = read(shared_data / "omniglot" / "data_background_small1.mat")
    assert len(drawings) == 2720
    assert original.label == "Balinese/character01"
    assert original.y_up is True
    assert all(drawing.times is not None for drawing in drawings)


def test_sketch_rnn_data_sets(shared_data: Path) -> None:
    drawings = read(shared_data / "sketchrnn" / "short_kanji.npz")
    assert len(drawings) == 10_000 + 600 + 500
    assert {drawing.y_up for drawing in drawings} == {False}
    assert np.mean([len(drawing.strokes) for drawing in drawings]) > 3
    assert 20 < np.median([drawing.size for drawing in drawings]) < 1000


@pytest.mark.slow
def test_sketch_rnn_omniglot(shared_data: Path) -> None:
    assert len(read(shared_data / "sketchrnn" / "omniglot.npz")) == 30_000 + 1000 + 1000


@pytest.mark.parametrize("name", ["panda", "bridge", "door", "snail", "The Great Wall of China"])
def test_quickdraw(name: str, shared_data: Path) -> None:
    drawings = read(shared_data / "quickdraw" / f"{name}.ndjson")
    assert len(drawings) == 25
    assert {drawing.label for drawing in drawings} == {name}
    for drawing in drawings:
        low, high = drawing.box
        assert low.min() >= 0
        assert high.max() <= 255


def test_kanjivg(shared_data: Path) -> None:
    files = sorted((shared_data / "kanjivg").glob("*.svg"))[:60]
    result = read_materials(files)
    assert result.problems == []
    for file, item in zip(files, result.materials, strict=True):
        drawing = item.material
        assert drawing.label == chr(int(file.stem, 16))
        assert len(drawing.strokes) == file.read_text(encoding="utf-8").count("<path ")
        low, high = drawing.box
        assert low.min() > 0
        assert high.max() < 109  # the square that each character is drawn in
        assert len(drawing) < 300 * len(drawing.strokes)


def test_pendigits(shared_data: Path) -> None:
    drawings = read(shared_data / "pendigits" / "pendigits.tes")
    assert len(drawings) > 3000
    assert {drawing.label for drawing in drawings} == set("0123456789")
    assert {len(drawing) for drawing in drawings} == {8}
