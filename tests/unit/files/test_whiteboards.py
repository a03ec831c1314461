"""Xournal++, Excalidraw and Fabric.js: what people draw on screens."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import StudioError
from studio.files import excalidraw, json_drawings, limits, xournal
from studio.files.readers import read_materials
from studio.files.source import Source
from studio.sequences.material import Drawing

PAGE = (
    '<page width="595" height="842"><background type="solid" color="white" style="lined"/><layer name="one">'
    '<stroke tool="pen" ts="0ll" fn="" color="#3333ccff" width="2 0.5 1">10 20 30 40 50 60</stroke>'
    '<text font="Sans" size="12" x="1" y="2" color="black">typed</text></layer>'
    '<layer><stroke tool="highlighter" color="yellow" width="8">1 1 2 2</stroke>'
    '<stroke tool="eraser" color="white" width="8">1 1 2 2</stroke>'
    '<stroke tool="pen" color="black" width="1.41">5.5 -6e0 7 8</stroke></layer></page>'
)
DOCUMENT = f'<?xml version="1.0"?><xournal version="0.4.8">{PAGE}<page><layer/></page>{PAGE}</xournal>'


def strokes(drawing: Drawing) -> list[list[list[float]]]:
    return [np.round(stroke.points, 6).tolist() for stroke in drawing.strokes]


# --- Xournal


@pytest.mark.parametrize("ending", [".xopp", ".xoj"])
def test_xournal_pages_are_drawings_of_all_their_layers(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"notes{ending}"
    path.write_bytes(gzip.compress(DOCUMENT.encode()))
    result = read_materials([path])
    assert len(result.materials) == 2  # the page in the middle is empty
    drawing = result.materials[0].material
    assert isinstance(drawing, Drawing)
    assert strokes(drawing) == [[[10, 20], [30, 40], [50, 60]], [[5.5, -6], [7, 8]]]
    assert drawing.y_up is False
    assert drawing.strokes[0].pressure is not None
    assert drawing.strokes[0].pressure.tolist() == [0.25, 0.5, 0.5]
    assert drawing.strokes[1].pressure is None
    assert sorted("highlighter" in problem for problem in result.problems) == [False, True]


def test_xournal_pressure_above_the_width_of_the_pen() -> None:
    text = '<xournal><page><layer><stroke width="1 0.5 2">0 0 1 1 2 2</stroke></layer></page></xournal>'
    (drawing,) = xournal.read(Source("a.xoj", text.encode()))
    assert drawing.pressure is not None
    assert drawing.pressure.tolist() == [0.25, 1, 1]


def one_stroke(stroke: str) -> bytes:
    return f"<xournal><page><layer>{stroke}</layer></page></xournal>".encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no XML there"),
        (b"<ink/>", "expected <xournal>"),
        (b"<xournal><page><layer/></page></xournal>", "holds no page on which a pen has written"),
        (one_stroke("<stroke>1 2 3</stroke>"), "3 numbers; expected pairs"),
        (one_stroke("<stroke>1 a</stroke>"), "'a' is not a number"),
        (one_stroke("<stroke>1 1e99</stroke>"), "not a finite number"),
        (gzip.compress(DOCUMENT.encode())[:-20], "ends before its content does"),
        (gzip.compress(DOCUMENT.encode()).replace(b"\x8b\x08", b"\x8b\x09", 1), "is damaged"),
        (b"PK\x03\x04nothing", "is damaged"),
    ],
)
def test_xournal_refusals(data: bytes, words: str) -> None:
    with pytest.raises(StudioError) as raised:
        list(xournal.read(Source("a.xopp", data)))
    assert words in str(raised.value)


def test_xournal_that_unpacks_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 2**20)
    data = gzip.compress(b"<xournal>" + b" " * 2**24)
    with pytest.raises(StudioError, match="is larger than 1 MB"):
        list(xournal.read(Source("bomb.xopp", data)))


# --- Excalidraw


def scene(*elements: dict[str, Any]) -> bytes:
    return json.dumps({"type": "excalidraw", "version": 2, "elements": elements}).encode()


def drawn(*elements: dict[str, Any]) -> Drawing:
    (drawing,) = excalidraw.read(Source("a.excalidraw", scene(*elements)))
    return drawing


def test_excalidraw_freehand_with_pressure() -> None:
    element = {"type": "freedraw", "x": 100, "y": 50, "points": [[0, 0], [2, 1]], "pressures": [0.2, 0.7]}
    drawing = drawn(element)
    assert strokes(drawing) == [[[100, 50], [102, 51]]]
    assert drawing.pressure is not None
    assert drawing.pressure.tolist() == [0.2, 0.7]
    assert drawing.y_up is False
    assert drawn({**element, "simulatePressure": True}).pressure is None


def test_excalidraw_turns_about_the_middle() -> None:
    line = {"type": "line", "x": 10, "y": 10, "points": [[0, 0], [4, 0]], "angle": math.pi / 2}
    assert strokes(drawn(line)) == [[[12, 8], [12, 12]]]
    box = {"type": "rectangle", "x": 0, "y": 0, "width": 4, "height": 2, "angle": math.pi / 2}
    assert strokes(drawn(box)) == [[[3, -1], [3, 3], [1, 3], [1, -1], [3, -1]]]


def test_excalidraw_shapes() -> None:
    assert strokes(drawn({"type": "diamond", "x": 1, "y": 1, "width": 4, "height": 2})) == [
        [[3, 1], [5, 2], [3, 3], [1, 2], [3, 1]]
    ]
    ellipse = drawn({"type": "ellipse", "x": 0, "y": 0, "width": 4, "height": 2}).points
    assert np.allclose(((ellipse - [2, 1]) / [2, 1]) ** 2 @ [1, 1], 1, atol=2e-3)


@pytest.mark.parametrize(
    ("roundness", "side", "radius"),
    [({"type": 3}, 400, 32), ({"type": 3}, 100, 25), ({"type": 2}, 400, 100), ({"type": 3, "value": 10}, 400, 10)],
)
def test_excalidraw_round_corners(roundness: dict[str, Any], side: float, radius: float) -> None:
    points = drawn({"type": "rectangle", "x": 0, "y": 0, "width": side, "height": side, "roundness": roundness}).points
    on_top = points[points[:, 1] == 0]
    assert on_top[:, 0].min() == pytest.approx(radius)
    assert points.min() == 0
    assert points.max() == side
    diamond = drawn({"type": "diamond", "x": 0, "y": 0, "width": 40, "height": 40, "roundness": {"type": 2}})
    assert 0 < diamond.points.min() < 3


def test_excalidraw_round_lines_go_through_their_points() -> None:
    given = [[0, 0], [10, 10], [20, 0], [30, 10]]
    line = {"type": "arrow", "x": 0, "y": 0, "points": given, "roundness": {"type": 2}}
    points = drawn(line).points
    assert len(points) > 10
    for point in given:
        assert np.hypot(*(points - point).T).min() < 1e-9
    assert strokes(drawn({**line, "elbowed": True})) == [given]
    assert strokes(drawn({**line, "roundness": None})) == [given]
    assert len(drawn({**line, "roundness": None, "strokeSharpness": "round"})) > 10


def test_excalidraw_keeps_the_order_and_leaves_out_what_is_deleted_or_typed() -> None:
    line = {"type": "line", "x": 0, "y": 0, "points": [[0, 0], [1, 1]]}
    hand = {"type": "freedraw", "x": 5, "y": 5, "points": [[0, 0], [1, 0]]}
    source = Source("a.excalidraw", scene(hand, line, {**line, "isDeleted": True}, hand, {"type": "text"}))
    (drawing,) = excalidraw.read(source)
    assert strokes(drawing) == [[[5, 5], [6, 5]], [[0, 0], [1, 1]], [[5, 5], [6, 5]]]
    assert source.notes == ["a.excalidraw: text, pictures and frames were left out."]


def test_excalidraw_libraries_give_a_drawing_for_each_item() -> None:
    hand = {"type": "freedraw", "x": 5, "y": 5, "points": [[0, 0], [1, 0]]}
    for tree in (
        {"type": "excalidrawlib", "version": 2, "libraryItems": [{"name": "hand", "elements": [hand]}] * 2},
        {"type": "excalidrawlib", "version": 1, "library": [[hand], [hand]]},
    ):
        found = list(excalidraw.read(Source("a.excalidrawlib", json.dumps(tree).encode())))
        assert [drawing.label for drawing in found] == (["hand"] * 2 if tree["version"] == 2 else ["", ""])


def test_excalidraw_is_known_whatever_its_ending(tmp_path: Path) -> None:
    for name in ("a.json", "a.excalidraw", "noending"):
        path = tmp_path / name
        path.write_bytes(scene({"type": "line", "x": 1, "y": 1, "points": [[0, 0], [1, 1]]}))
        result = read_materials([path])
        assert [strokes(item.material) for item in result.materials] == [[[[1, 1], [2, 2]]]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{}", "is no document of Excalidraw"),
        (scene(), "holds no line and no shape"),
        (b'{"type":"excalidraw"}', "elements: 'None' is no list"),
        (scene({"type": "line", "x": 1, "y": 1, "points": [[0, 0], [1]]}), "elements[0].points[1]: '[1]' is no point"),
        (scene({"type": "line", "x": "1", "y": 1, "points": [[0, 0]]}), "elements[0].x: '1' is not a number"),
        (scene({"type": "freedraw", "x": 1, "y": 1, "points": []}), "holds 0 points"),
        (scene({"type": "freedraw", "x": 1e30, "y": 1, "points": [[1e30, 0]]}), "not a finite number"),
    ],
)
def test_excalidraw_refusals(data: bytes, words: str) -> None:
    with pytest.raises(StudioError) as raised:
        list(excalidraw.read(Source("a.excalidraw", data)))
    assert words in str(raised.value)


# --- Fabric.js


def canvas(*objects: dict[str, Any], version: str = "5.3.0") -> bytes:
    return json.dumps({"version": version, "objects": objects}).encode()


def on_canvas(*objects: dict[str, Any], version: str = "5.3.0") -> Drawing:
    (drawing,) = json_drawings.read(Source("a.json", canvas(*objects, version=version)))
    return drawing


RECT = {"type": "rect", "left": 10, "top": 20, "width": 4, "height": 2, "strokeWidth": 0}


@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({}, (10, 20), (14, 22)),
        ({"strokeWidth": 2}, (11, 21), (15, 23)),
        ({"strokeWidth": 2, "scaleX": 3}, (13, 21), (25, 23)),
        ({"strokeWidth": 2, "scaleX": 3, "strokeUniform": True}, (11, 21), (23, 23)),
        ({"originX": "center", "originY": "bottom"}, (8, 18), (12, 20)),
        ({"originX": 0.25, "originY": "center"}, (9, 19), (13, 21)),
        ({"angle": 90}, (8, 20), (10, 24)),
        ({"flipX": True, "flipY": True}, (10, 20), (14, 22)),
        ({"skewX": 45}, (10, 20), (16, 22)),
    ],
)
def test_fabric_boxes(changes: dict[str, Any], low: tuple[float, float], high: tuple[float, float]) -> None:
    drawing = on_canvas({**RECT, **changes})
    assert np.allclose(drawing.box, [low, high])
    assert drawing.y_up is False


def test_fabric_flips_about_the_middle() -> None:
    path = {"type": "path", "left": 0, "top": 0, "strokeWidth": 0, "path": [["M", 5, 5], ["L", 15, 5], ["L", 15, 25]]}
    assert strokes(on_canvas(path)) == [[[0, 0], [10, 0], [10, 20]]]
    assert strokes(on_canvas({**path, "flipX": True})) == [[[10, 0], [0, 0], [0, 20]]]
    assert strokes(on_canvas({**path, "angle": 90, "flipY": True})) == [[[-20, 0], [-20, 10], [0, 10]]]


def test_fabric_paths_that_a_pencil_left() -> None:
    path = [["M", 10, 10], ["Q", 10, 10, 15, 12], ["Q", 20, 14, 25, 10], ["L", 30, 11]]
    pencil = {"type": "path", "left": 9, "top": 9, "strokeWidth": 2, "path": path}
    (stroke,) = on_canvas(pencil).strokes
    assert np.allclose(stroke.points[[0, -1]], [[10, 10], [30, 11]])
    assert np.allclose(on_canvas({**pencil, "path": "M 10 10 q 0 0 5 2 Q 20 14 25 10 L 30 11"}).points, stroke.points)
    assert np.allclose(on_canvas({**pencil, "type": "Path"}, version="6.0.0").points, stroke.points)


def test_fabric_groups_count_from_their_middle() -> None:
    inner = {**RECT, "left": -10, "top": -5}
    group = {"type": "group", "left": 100, "top": 100, "width": 20, "height": 10, "scaleX": 2, "objects": [inner]}
    assert np.allclose(on_canvas(group).box, [[100, 100], [108, 102]])
    assert np.allclose(
        on_canvas({**group, "objects": [{**group, "objects": [inner], "scaleX": 1}]}).points[0], [320, 205]
    )


def test_fabric_origins_of_version_7_are_the_middle() -> None:
    assert np.allclose(on_canvas(RECT, version="7.0.0").box, [[8, 19], [12, 21]])


def test_fabric_other_shapes() -> None:
    line = {"type": "line", "left": 0, "top": 0, "strokeWidth": 0, "x1": -5, "y1": 3, "x2": 5, "y2": -3}
    assert strokes(on_canvas(line)) == [[[0, 6], [10, 0]]]
    corners = [{"x": 100, "y": 100}, {"x": 110, "y": 100}, {"x": 110, "y": 120}]
    many = {"type": "polyline", "left": 1, "top": 2, "strokeWidth": 0, "points": corners}
    assert strokes(on_canvas(many)) == [[[1, 2], [11, 2], [11, 22]]]
    assert strokes(on_canvas({**many, "type": "polygon"})) == [[[1, 2], [11, 2], [11, 22], [1, 2]]]
    plain = {"left": 0, "top": 0, "strokeWidth": 0}
    assert strokes(on_canvas({**plain, "type": "triangle", "width": 4, "height": 2})) == [
        [[0, 2], [2, 0], [4, 2], [0, 2]]
    ]
    circle = on_canvas({**plain, "type": "circle", "radius": 5}).points
    assert np.allclose(np.hypot(*(circle - [5, 5]).T), 5, atol=0.01)
    assert np.allclose(on_canvas({**plain, "type": "ellipse", "rx": 5, "ry": 2}).box, [[0, 0], [10, 4]], atol=1e-6)


@pytest.mark.parametrize(("version", "end"), [("5.3.0", 90), ("4.6.0", math.pi / 2)])
def test_fabric_parts_of_circles(version: str, end: float) -> None:
    part = {"type": "circle", "left": 0, "top": 0, "strokeWidth": 0, "radius": 5, "startAngle": 0, "endAngle": end}
    points = on_canvas(part, version=version).points
    assert np.allclose(points[[0, -1]], [[10, 5], [5, 10]])
    there = on_canvas({**part, "counterClockwise": True}, version=version).points
    assert there[:, 1].min() == pytest.approx(0, abs=0.01)


def test_fabric_what_is_not_drawn_is_said() -> None:
    source = Source("a.json", canvas(RECT, {**RECT, "visible": False}, {"type": "i-text", "text": "a"}, {"type": "qr"}))
    (drawing,) = json_drawings.read(source)
    assert len(drawing.strokes) == 1
    assert source.notes == [
        "a.json: text and pictures were left out.",
        "a.json: objects of unknown kinds were left out.",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (canvas(), "holds no path and no shape"),
        (canvas({"type": "path", "path": [["M", "x", 1]]}), "objects[0].path[0]: 'x' is not a number"),
        (canvas({"type": "path", "path": [["M", 1, 1], ["C", 1, 2]]}), "cannot be read"),
        (canvas({"type": "path", "path": [["MM", 1, 1]]}), "is no path command"),
        (canvas({"type": "path"}), "without commands"),
        (canvas({"type": "group"}), "without a list of objects"),
        (canvas({"type": "polyline", "points": [[1, 2]]}), "is no point with x and y"),
        (canvas({**RECT, "originX": "north"}), "expected one of left"),
        (canvas({**RECT, "left": 1e30, "scaleX": 1e30}), "not a finite number"),
        (canvas({"type": "group", "objects": [{"type": "group", "objects": [3]}]}), "is no object with a type"),
    ],
)
def test_fabric_refusals(data: bytes, words: str) -> None:
    with pytest.raises(StudioError) as raised:
        list(json_drawings.read(Source("a.json", data)))
    assert words in str(raised.value)


def test_fabric_groups_nested_without_end() -> None:
    inside = RECT
    for _ in range(limits.NESTING + 5):
        inside = {"type": "group", "objects": [inside]}
    with pytest.raises(StudioError, match="nested more than"):
        on_canvas(inside)
