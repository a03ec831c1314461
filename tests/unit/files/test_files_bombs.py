"""Small files that ask for much: each is refused, or comes in as far as it may, before memory or time run out."""

import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.errors import StudioError
from studio.files import limits, midi
from studio.files.npy import write_array
from studio.files.readers import FORMATS, read_materials
from studio.files.source import Source
from studio.sequences.roll import Roll

USE = "<use href='#a'/>"


def refusal(ending: str, data: bytes) -> str:
    with pytest.raises(StudioError) as raised:
        list(FORMATS[ending].read(Source(f"bomb{ending}", data)))
    return str(raised.value)


def zipped(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def test_an_archive_that_unpacks_without_end() -> None:
    zeros = write_array(np.zeros((2**20, 8), np.int8))
    data = zipped(*[(f"a{i}.npy", zeros) for i in range(40)])
    assert len(data) < 500_000
    assert "unpacks to more than 256 MB" in refusal(".npz", data)


def test_an_array_of_many_small_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "VALUES", 2**20)
    data = zipped(("a.npy", write_array(np.zeros((2**20, 2), np.int8))))
    assert "holds more than 1,048,576 numbers in one array" in refusal(".npz", data)


def test_a_matlab_file_that_unpacks_without_end() -> None:
    packed = zlib.compress(bytes(300 * 2**20), 9)
    element = (15).to_bytes(4, "little") + len(packed).to_bytes(4, "little") + packed
    data = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + element
    assert "unpacks to more than 256 MB" in refusal(".mat", data)


def nested_uses(levels: int) -> bytes:
    """Each group draws the one before it ten times: ten to the power of `levels` lines."""
    groups = ["<g id='a0'><path d='M0 0L1 1'/></g>"]
    groups += [f"<g id='a{n}'>" + f"<use href='#a{n - 1}'/>" * 10 + "</g>" for n in range(1, levels + 1)]
    return f"<svg>{''.join(groups)}</svg>".encode()


def test_a_picture_of_a_thousand_million_points() -> None:
    data = nested_uses(9)
    assert len(data) < 3000
    assert "repeats itself too often by <use>" in refusal(".svg", data)


def test_long_lines_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "POINTS_PER_DRAWING", 10_000)
    points = " ".join("1,2" for _ in range(1000))
    polyline = f"<svg><polyline id='a' points='{points}'/>{USE * 20}</svg>".encode()
    assert "holds more than 10,000 points" in refusal(".svg", polyline)


def test_long_paths_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATH_BYTES", 2**20)
    path = f"<svg><path id='a' d='M0 0{'l1 1' * 5000}'/>{USE * 200}</svg>".encode()
    assert "holds more than 1 MB of path data" in refusal(".svg", path)


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "head",
    [
        f'<!DOCTYPE svg [<!ENTITY a0 "ha">{ENTITIES}]>',
        '<!DOCTYPE svg [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % a SYSTEM "http://localhost/a.dtd"> %a;]>',
    ],
)
def test_entities(head: str) -> None:
    for root, ending in (("svg", ".svg"), ("ink", ".inkml")):
        said = refusal(ending, f"{head}<{root}><title>&a9;</title></{root}>".encode())
        assert "for safety" in said or "is no XML" in said


def test_elements_within_elements() -> None:
    assert "nested more than" in refusal(".svg", b"<svg>" + b"<g>" * 5000)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"[" * 50 + b"]" * 50, b'{"strokes":' * 5000])
def test_lists_within_lists(data: bytes) -> None:
    assert refusal(".json", data)


def test_a_tree_of_empty_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TREE_NODES", 1000)
    assert "holds more than 1,000 lists and objects" in refusal(".json", b"[" + b"[]," * 1001 + b"[]]")


def test_a_number_of_a_million_digits() -> None:
    assert "digits" in refusal(".json", b"[" + b"9" * 1_000_000 + b"]")
    assert refusal(".csv", b"x,y\n" + b"9" * 1_000_000 + b",1\n")


def test_a_table_too_large_to_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 2**20)
    for ending in (".csv", ".tra", ".unp"):
        assert "is larger than 1 MB" in refusal(ending, b"1,2\n" * 2**19)


def test_an_array_that_claims_to_be_huge() -> None:
    header = repr({"descr": "<f8", "fortran_order": False, "shape": (2**28, 2**28)})
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    assert "bytes of values where its header promises" in refusal(".npy", data)


def test_one_array_in_a_list_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle may name the same array any number of times at two bytes each."""
    monkeypatch.setattr(limits, "POINTS_PER_FILE", 20_000)
    array = np.empty(1000, object)
    array[:] = [np.ones((1000, 2))] * 1000
    np.save(tmp_path / "bomb.npy", array)
    found = read_materials([tmp_path / "bomb.npy"])
    assert len(found.materials) == 20
    assert found.problems == ["bomb.npy: only the first 20 drawings came in, the most that one file may give."]


BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "zip": lambda: (".npz", zipped(*[(f"a{i}.npy", write_array(np.zeros((2**20, 8), np.int8))) for i in range(33)])),
    "lists": lambda: (".json", b"[" + b"[]," * 4_900_000 + b"[]]"),
    "values": lambda: (".npz", zipped(("a.npy", write_array(np.zeros((30_000_000, 8), np.int8))))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_bomb_takes_a_gigabyte(name: str) -> None:
    ending, data = BOMBS[name]()
    tracemalloc.start()
    try:
        refusal(ending, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**30


def test_a_midi_file_of_many_long_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS_PER_FILE", 1_000_000)
    low_and_high = bytes.fromhex("00904040 00907f40 8fff7f 804040 00807f40 00ff2f00")
    track = b"MTrk" + len(low_and_high).to_bytes(4, "big") + low_and_high
    header = b"MThd" + bytes.fromhex("00000006 0002 0004 0060")
    with pytest.raises(
        StudioError, match="holds more than 1,000,000 frames by pitches in all its piano rolls: divide it"
    ):
        midi.read(Source("bomb.mid", header + track * 4))
    assert len(midi.read(Source("one.mid", header + track))) == 1


def test_a_roll_takes_little_more_memory_than_its_keys() -> None:
    keys = np.zeros((100_000, 128), np.uint8)
    tracemalloc.start()
    Roll(keys, 8.0, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * keys.size
