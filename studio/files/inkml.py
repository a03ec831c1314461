"""InkML (W3C recommendation of 2011): traces of a pen, as in the CROHME data sets.

Read are the channels X, Y, T (time) and F (force) in any order, in regular or intermittent channels of any trace format
that a trace refers to through its context; single and double differences (' and ", ! for plain values again); traces
split into continued parts; annotations. Ignored are brushes, mappings, traceViews and pen-up traces.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import numpy as np

from studio.errors import StudioError
from studio.files import limits
from studio.files.columns import Column, FloatArray, drawing_from_table, unit_of_step
from studio.files.source import Source, shown
from studio.files.xml_tree import Document, local_name, read_document, xml_text
from studio.sequences.material import Drawing

XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
NAMESPACE = "http://www.w3.org/2003/InkML"
UNDIRECTED = "vrnn-studio y"
LABELS = ("truth", "label", "text", "transcription")
TIME_UNITS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
TOKEN = re.compile(
    rf"""\s*(?:(?P<mode>[!'"]?)\s*(?P<number>{NUMBER})|(?P<same>\*)|(?P<unknown>[?TF]|\#[0-9A-Fa-f]+))\s*"""
)


@dataclass(frozen=True)
class ChannelFormat:
    """One channel of a trace format: its name, and what is said of its values."""

    name: str
    intermittent: bool = False
    unit: float | None = None
    largest: float | None = None
    reversed: bool = False


TraceFormat: TypeAlias = tuple[ChannelFormat, ...]
DEFAULT_FORMAT: TraceFormat = (ChannelFormat("X"), ChannelFormat("Y"))


class Channel:
    """Turns the numbers of one channel into values.

    ' before a number makes it, and those after it, a difference to the value before; " a difference of differences;
    ! makes them values again (InkML, section 3.2.1).
    """

    def __init__(self) -> None:
        self.mode = "!"
        self.value: float | None = None
        self.velocity = 0.0
        self.number = 0.0

    def next(self, mode: str, number: float) -> float:
        """The value that a number makes, after one of the signs or none."""
        self.mode, self.number = mode or self.mode, number
        if self.mode == "!":
            self.velocity = 0.0 if self.value is None else number - self.value
            self.value = number
        else:
            self.velocity = number if self.mode == "'" else self.velocity + number
            self.value = (self.value or 0.0) + self.velocity
        return self.value

    def same(self) -> float:
        """The value, or the difference, of the point before again."""
        return self.next("", self.number)


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per file, one stroke per trace. y grows downwards unless its channel's orientation is "-ve".

    Raises:
        StudioError: with the line, for XML that is damaged, a trace that is none, or no traces at all.
    """
    document = read_document(source, "ink")
    formats = Formats(source, document)
    tables: list[FloatArray] = []
    kinds: list[TraceFormat] = []
    for trace in document.root.iter():
        if local_name(trace) != "trace" or trace.get("type", "penDown") != "penDown" or not (trace.text or "").strip():
            continue
        source.check_cancelled()
        kind = formats.of(trace)
        table = _later(_points(source, document, trace, kind), kind, _offset(source, document, trace))
        if trace.get("continuation") in ("middle", "end") and tables and kinds[-1] == kind:
            tables[-1] = np.concatenate([tables[-1], table])
        else:
            tables.append(table)
            kinds.append(kind)
    if not tables:
        raise source.refuse("holds no <trace> with points", line=1)
    drawing = _drawing(source, tables, kinds)
    y_up = any(channel.name == "Y" and channel.reversed for channel in kinds[0])
    yield Drawing(drawing.strokes, _label(document), None if _is_undirected(document) else y_up)


def _offset(source: Source, document: Document, trace: Element) -> float:
    """The seconds by which the clock of a trace begins later than that of the document (its timeOffset, in ms)."""
    text = trace.get("timeOffset", "").strip()
    if not text:
        return 0.0
    if not re.fullmatch(NUMBER, text) or not abs(float(text)) <= limits.LARGEST_NUMBER:
        raise source.refuse(f"has the timeOffset {shown(text)}; expected milliseconds", line=document.line(trace))
    return float(text) * 1e-3


def _later(table: FloatArray, kind: TraceFormat, seconds: float) -> FloatArray:
    """The points of a trace with times that count from where those of the document do."""
    at = next((i for i, channel in enumerate(kind[: table.shape[1]]) if channel.name == "T"), None)
    if at is None or not seconds:
        return table
    moved = table.copy()
    moved[:, at] += seconds / (kind[at].unit or unit_of_step(_step(table[:, at])))
    return moved


def _step(times: FloatArray) -> float:
    """The typical step of a clock."""
    steps = np.diff(times)
    return float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0


def _drawing(source: Source, tables: list[FloatArray], kinds: list[TraceFormat]) -> Drawing:
    """Traces as strokes, with those of X, Y, T and F that every trace has and knows."""
    known: dict[str, tuple[FloatArray, Column]] = {}
    for channel, role in (("X", "x"), ("Y", "y"), ("T", "time"), ("F", "pressure")):
        columns = [_column(table, kind, channel) for table, kind in zip(tables, kinds, strict=True)]
        present = [column for column in columns if column is not None]
        if len(present) == len(tables):
            values = np.concatenate([values for values, _ in present])
            if channel in "XY" or not np.isnan(values).any():
                known[channel] = values, Column(role, present[0][1].unit)  # type: ignore[arg-type]
    begins = np.zeros(sum(map(len, tables)))
    begins[np.cumsum([0, *map(len, tables[:-1])])] = 1

    def refuse(what: str, row: int | None) -> StudioError:
        return source.refuse(what, part=None if row is None else f"point {row + 1}")

    table = np.stack([values for values, _ in known.values()], 1)
    return drawing_from_table(table, refuse, columns=[column for _, column in known.values()], begins=begins)


def _column(table: FloatArray, kind: TraceFormat, name: str) -> tuple[FloatArray, Column] | None:
    for i, channel in enumerate(kind):
        if channel.name == name and i < table.shape[1]:
            values = table[:, i] / channel.largest if name == "F" and channel.largest else table[:, i]
            return values, Column("x", channel.unit)
    return None


class Formats:
    """The trace formats of a document, and which trace is in which."""

    def __init__(self, source: Source, document: Document) -> None:
        self.source, self.document = source, document
        elements = [element for element in document.root.iter() if isinstance(element.tag, str)]
        self.by_id = {element.get(XML_ID) or element.get("id"): element for element in elements}
        first = next((element for element in elements if local_name(element) == "traceFormat"), None)
        self.default = DEFAULT_FORMAT if first is None else self._format(first)

    def of(self, trace: Element) -> TraceFormat:
        """The format that the trace's context gives, else the first of the document, else X and Y."""
        element = self._referred(trace, "contextRef")
        for _ in range(3):  # a context refers to a source of ink, and that to a format
            if element is None or local_name(element) == "traceFormat":
                break
            inside = next((child for child in element.iter() if local_name(child) == "traceFormat"), None)
            element = inside if inside is not None else self._next(element)
        return self.default if element is None else self._format(element)

    def _next(self, element: Element) -> Element | None:
        by_format = self._referred(element, "traceFormatRef")
        return by_format if by_format is not None else self._referred(element, "inkSourceRef")

    def _referred(self, element: Element, attribute: str) -> Element | None:
        return self.by_id.get(element.get(attribute, "").partition("#")[2] or "no such element")

    def _format(self, element: Element) -> TraceFormat:
        channels: list[ChannelFormat] = []
        for child in element:
            if local_name(child) == "channel":
                channels.append(self._channel(child, intermittent=False))
            elif local_name(child) in ("intermittentChannels", "regularChannels"):
                later = local_name(child) == "intermittentChannels"
                channels += [self._channel(inner, later) for inner in child if local_name(inner) == "channel"]
        names = [channel.name for channel in channels]
        if "X" not in names or "Y" not in names:
            line = self.document.line(element)
            raise self.source.refuse(
                f"has a trace format of {shown(' '.join(names))}; expected X and Y in it", line=line
            )
        return tuple(channels)

    def _channel(self, element: Element, intermittent: bool) -> ChannelFormat:
        try:
            largest = float(element.get("max", "nan"))
        except ValueError:
            largest = float("nan")
        return ChannelFormat(
            element.get("name", ""),
            intermittent,
            TIME_UNITS.get(element.get("units", "").strip().lower()),
            largest if 0 < largest < limits.LARGEST_NUMBER else None,
            element.get("orientation") == "-ve",
        )


def _points(source: Source, document: Document, trace: Element, kind: TraceFormat) -> FloatArray:
    """The values of a trace, ``[N, C]``; C is the number of channels that all its points have."""
    text = trace.text or ""
    channels = [Channel() for _ in kind]
    regular = sum(not channel.intermittent for channel in kind)
    rows: list[list[float]] = []
    next_line = document.line(trace)
    for point in text.rstrip().rstrip(",").split(","):
        line = next_line + point[: len(point) - len(point.lstrip())].count("\n")
        next_line += point.count("\n")
        row = _values(source, point, channels, line)
        if not regular <= len(row) <= len(kind):
            raise source.refuse(
                f"the point {shown(point.strip())} has {len(row)} values; expected {len(kind)}", line=line
            )
        rows.append(row)
    if len(rows) > limits.POINTS_PER_DRAWING:
        raise source.refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points", line=document.line(trace))
    width = min(map(len, rows))
    return np.array([row[:width] for row in rows])


def _values(source: Source, point: str, channels: list[Channel], line: int) -> list[float]:
    values: list[float] = []
    position = 0
    while position < len(point):
        found = TOKEN.match(point, position)
        if found is None or len(values) == len(channels):
            if not point[position:].strip():
                break
            raise source.refuse(f"{shown(point[position:].strip())} is no value of a point", line=line)
        channel = channels[len(values)]
        if found["number"]:
            values.append(channel.next(found["mode"], float(found["number"])))
        else:
            values.append(channel.same() if found["same"] else float("nan"))
        position = found.end()
    return values


def _is_undirected(document: Document) -> bool:
    """Whether an annotation of the studio's own says that it is not known where y grows."""
    notes = [child for child in document.root if local_name(child) == "annotation"]
    return any(note.get("type") == UNDIRECTED and (note.text or "").strip() == "unknown" for note in notes)


def _label(document: Document) -> str:
    """The annotation that says what was written: of the whole document, else of its only group."""
    groups = [element for element in document.root.iter() if local_name(element) == "traceGroup"]
    for parent in (document.root, *groups[:1][: len(groups) == 1]):
        notes = {child.get("type"): child.text or "" for child in parent if local_name(child) == "annotation"}
        for name in LABELS:
            if notes.get(name, "").strip():
                return notes[name].strip()
    return ""


def to_text(drawing: Drawing) -> str:
    """The drawing as InkML, with time (in seconds) and force channels where all its strokes have them.

    `read` gives the same back. Where y grows upwards, or may do so, its channel says so, as the drawing was shown.
    """
    channels = ['<channel name="X" type="decimal"/>']
    orientation = "" if drawing.y_up is False else ' orientation="-ve"'
    channels.append(f'<channel name="Y" type="decimal"{orientation}/>')
    columns = [*drawing.points.T]
    if drawing.times is not None:
        channels.append('<channel name="T" type="decimal" units="s"/>')
        columns.append(drawing.times)
    if drawing.pressure is not None:
        channels.append('<channel name="F" type="decimal" min="0" max="1"/>')
        columns.append(drawing.pressure)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<ink xmlns="{NAMESPACE}">']
    lines.append(f"  <traceFormat>{''.join(channels)}</traceFormat>")
    if drawing.label:
        lines.append(f'  <annotation type="label">{escape(xml_text(drawing.label))}</annotation>')
    if drawing.y_up is None:
        lines.append(f'  <annotation type="{UNDIRECTED}">unknown</annotation>')
    points = [" ".join(map(repr, point)) for point in np.stack(columns, 1).tolist()]
    ends = np.cumsum([0, *(len(stroke) for stroke in drawing.strokes)]).tolist()
    for start, end in itertools.pairwise(ends):
        lines.append(f"  <trace>{', '.join(points[start:end])}</trace>")
    lines.append("</ink>")
    return "\n".join(lines) + "\n"
