"""G-code (.gcode, .nc, .ngc, .tap): the ways of a milling machine, a laser, a pen plotter or a 3D printer.

Words are a letter and a number, after NIST's RS274/NGC and the manuals of LinuxCNC, GRBL and Marlin. Read are straight
moves and arcs in the plane of x and y, units, absolute and relative coordinates, and G92. The format does not say when
a tool draws; `_Pen` tells it from what changes between the moves, and that is said.
"""

from __future__ import annotations

import cmath
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from studio.errors import StudioError
from studio.files import limits
from studio.files.plotting import Plotter, arc_to
from studio.files.source import Source, shown
from studio.sequences.material import Drawing

COMMENT = re.compile(r"\((?:[^()]|\([^()]*+\))*+\)|[;(].*|\*[0-9]+\s*$")
WORD = re.compile(r"\s*+([A-Za-z])\s*+([+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++))")
FLAG = re.compile(r"\s*+[A-Za-z](?![A-Za-z0-9])")
DRAWS = frozenset({("G", 0.0), ("G", 1.0), ("G", 2.0), ("G", 3.0)})
MOVE = re.compile(r"(?:N[0-9]+\s*)?G0?[0-3](?![0-9.])\s*[A-Z]", re.IGNORECASE)
MACRO = re.compile(r"\s*(?:[A-Za-z]{2}|/|%|\$|!|~|@)")
"""A line that is for one machine alone: what Klipper calls a macro, a setting of GRBL, a line to be skipped."""

INCH = 25.4
LARGEST = 1e9
"""Of a number in a word."""

MISFIT, ROUNDED = 0.05, 0.01
"""How far the ends of an arc may be from being equally far from its centre, as a share; what rounding does to it."""

MOST_NAMED, LONGEST_NAME = 10, 20
"""Commands that a sentence names, and their letters."""

Way: TypeAlias = Literal["height", "spindle", "spindle alone", "servo", "filament", "travel"]
SAID: dict[Way, str] = {
    "spindle": "the pen is taken to be down where the spindle or laser is on (M3, M4, M106) and the move is no G0",
    "spindle alone": "the pen is taken to be down where the spindle or laser is on (M3, M4, M106)",
    "filament": "the pen is taken to be down where filament is fed (E); a drawing for each layer",
    "travel": "the pen is taken to be down in G1, G2 and G3, and up in G0",
}


@dataclass(frozen=True)
class _Move:
    """One move: by which command, to where, and the state of the machine at its end.

    Attributes:
        code: 0 to 3, as in G0 to G3.
        centre: of an arc.
        height: z, None before the first.
        power: of the spindle or laser, 0 where it is off; servo: its last position, None before the first.
        feed: how much filament.
    """

    code: int
    start: complex
    end: complex
    centre: complex | None
    height: float | None
    power: float
    servo: float | None
    feed: float


def looks_like(lines: Sequence[str]) -> bool:
    """Whether there are but commands of a machine, moves among them."""
    kept = [COMMENT.sub("", line).strip() for line in lines]
    said = [line for line in kept if line and not (MACRO.match(line) or line[0] in "Mm")]
    return any(map(MOVE.match, said)) and not any(WORD.sub("", line).strip() for line in said)


def read(source: Source) -> Iterator[Drawing]:
    """One drawing per file, of a 3D printer one for each layer; in millimetres, y upwards.

    Raises:
        StudioError: with the line, for what is no word, an arc that is none, programs with variables; nothing drawn.
    """
    source.limit_bytes(limits.DOCUMENT_BYTES)
    machine = _Machine(source)
    moves = list(machine.moves())
    machine.tell()
    if not moves:
        raise source.refuse("holds no move in x and y")
    pen = _Pen.of(moves)
    plotter = Plotter(source)
    layer = before = None
    found = False
    for move in moves:
        is_down = pen.is_down(move)
        if pen.way == "filament" and is_down and before == move.height != layer:  # it did not climb as it drew
            layer = move.height
            if (drawing := plotter.finished()) is not None:
                found = True
                yield drawing
        before = move.height
        if is_down != plotter.is_down:
            plotter.at = move.start if is_down else plotter.at
            plotter.put(is_down=is_down)
        plotter.at = move.start if not plotter.is_down else plotter.at
        if move.centre is None:
            plotter.move(move.end)
        else:
            plotter.follow(arc_to(move.start, move.end, move.centre, clockwise=move.code == 2))
    drawing = plotter.finished()
    if drawing is None and not found:
        raise source.refuse("holds no move with the pen down")
    source.assume(pen.said)
    if drawing is not None:
        yield drawing


@dataclass(frozen=True)
class _Pen:
    """When the pen is down.

    Attributes:
        way: how that is told.
        level: of heights or of the servo, between up and down.
        is_above: whether the pen is down above that level.
    """

    way: Way
    level: float = 0.0
    is_above: bool = False

    @classmethod
    def of(cls, moves: Sequence[_Move]) -> _Pen:
        """Told from what changes most often between moves in the plane: height, spindle, servo or filament."""
        drawn = [move for move in moves if move.start != move.end or move.centre is not None]
        if sum(move.feed > 0 for move in drawn) > 0:
            return cls("filament")
        height = _changes([move.height for move in moves])
        power = _changes([move.power > 0 for move in drawn])
        servo = _changes([move.servo for move in drawn])
        if height and height >= max(power, servo):
            return cls._by_level("height", drawn, [move.height for move in drawn])
        if power and power >= servo:
            is_drawn = any(move.power > 0 and move.code > 0 for move in drawn)
            return cls("spindle" if is_drawn else "spindle alone")
        if servo:
            return cls._by_level("servo", drawn, [move.servo for move in drawn])
        return cls("travel")

    @classmethod
    def _by_level(cls, way: Way, moves: list[_Move], values: list[float | None]) -> _Pen:
        known = [value for value in values if value is not None]
        low, high = min(known, default=0.0), max(known, default=0.0)
        if low == high:
            return cls("travel")
        travels = [value for move, value in zip(moves, values, strict=True) if move.code == 0 and value is not None]
        draws = [value for move, value in zip(moves, values, strict=True) if move.code > 0 and value is not None]
        if travels and draws and max(draws) < min(travels):
            return cls(way, (max(draws) + min(travels)) / 2)
        if travels and draws and max(travels) < min(draws):
            return cls(way, (max(travels) + min(draws)) / 2, is_above=True)
        level = 0.0 if way == "height" and low <= 0 < high else (low + high) / 2
        # The first way, to where a line begins, is one with the pen up.
        above = way == "servo" and not travels and known[0] <= level
        return cls(way, level, above)

    def is_down(self, move: _Move) -> bool:
        """Whether a move draws."""
        if self.way == "filament":
            return move.feed > 0 and move.start != move.end
        if self.way == "spindle":
            return move.power > 0 and move.code > 0
        if self.way == "spindle alone":
            return move.power > 0
        if self.way == "travel":
            return move.code > 0
        value = move.height if self.way == "height" else move.servo
        return value is not None and (value > self.level if self.is_above else value <= self.level)

    @property
    def said(self) -> str:
        """How it was told, as part of a sentence."""
        if self.way in SAID:
            return SAID[self.way]
        what = "Z" if self.way == "height" else "the servo (M280, M300 or S)"
        side = f"above {self.level:g}" if self.is_above else f"{self.level:g} or below"
        return f"the pen is taken to be down where {what} is {side}"


def _changes(values: Sequence[object]) -> int:
    known = [value for value in values if value is not None]
    return sum(one != two for one, two in itertools.pairwise(known))


@dataclass
class _Machine:
    """Follows line after line. Lengths are millimetres."""

    source: Source
    at: complex = 0j
    height: float | None = None
    shift: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0, 0.0])  # of x, y, z and e, by G92
    extruded: float = 0.0
    unit: float = 1.0
    code: int | None = None
    is_relative: bool = False
    feeds_relative: bool | None = None
    centres_absolute: bool = False
    is_on: bool = False  # the spindle or laser, at `speed`, None where it has none
    speed: float | None = None
    power: float = 0.0
    servo: float | None = None
    line: int = 0
    passed_over: set[str] = field(default_factory=set)
    inches: bool = False

    def refuse(self, what: str) -> StudioError:
        return self.source.refuse(what, line=self.line)

    def tell(self) -> None:
        """Say what was changed and passed over."""
        if self.inches:
            self.source.assume("inches became millimetres")
        if self.passed_over:
            self.source.note(f"{', '.join(sorted(self.passed_over))} draw no line here and were passed over")

    def moves(self) -> Iterator[_Move]:
        """All moves in x and y, and those of z alone."""
        for number, line in enumerate(self.source.lines(), 1):
            self.line = number
            if number % 1000 == 0:
                self.source.check_cancelled()
            text = COMMENT.sub("", line).strip()
            if not text or MACRO.match(text):
                if text[:2].isalpha() and len(self.passed_over) < MOST_NAMED:
                    self.passed_over.add(text.split()[0][:LONGEST_NAME])
                continue
            words = self._words(text)
            if not self._follow_states(words):
                continue
            if any(letter == "M" and number in (2, 30) for letter, number in words):
                return
            yield from self._moved(words)

    def _words(self, text: str) -> list[tuple[str, float]]:
        words = list[tuple[str, float]]()
        position = 0
        while position < len(text):
            found = WORD.match(text, position)
            if found is None and words and words[0] not in DRAWS and (flag := FLAG.match(text, position)):
                position = flag.end()  # as in G28 W
                continue
            if found is None:
                rest = text[position:].strip()
                if words and words[0][0] == "M":
                    break  # a message or a name, as after M117
                if re.match(r"[#\[OoA-Za-z]*[#\[<]", rest):
                    raise self.refuse("holds a variable or an expression; let the program write plain numbers")
                raise self.refuse(f"{shown(rest)} is no word of G-code")
            number = float(found[2])
            if abs(number) > LARGEST:
                raise self.refuse(f"{shown(found[0].strip())} is larger than any machine")
            words.append((found[1].upper(), number))
            position = found.end()
        return words

    def _follow_states(self, words: list[tuple[str, float]]) -> bool:
        """Follow all but moves; whether the rest of the line may be one."""
        values = dict(words)
        codes = [round(number * 10) for letter, number in words if letter == "G"]
        commands = [number for letter, number in words if letter == "M"]
        self._follow_tool(commands, values)
        for code in codes:
            if code in STATES:
                name, value = STATES[code]
                setattr(self, name, value)
                self.inches = self.inches or code == 200
        if 920 in codes:
            self._set_place(values)
            return False
        for code in codes:
            if code in CURVES:
                raise self.refuse(f"G{code / 10:g} cannot be read: {CURVES[code]}")
        for code in codes:
            if 0 <= code <= 30 and code % 10 == 0:
                self.code = code // 10
            elif 730 <= code <= 890:  # drilling, and its end, G80
                self.code = None
                self.passed_over |= {f"G{code / 10:g}"} - {"G80"}
        others = [code for code in codes if code in NOT_MOVES]
        is_foreign = bool(commands) and not set(commands) <= {3, 4, 5, 7, 8, 9, 2, 30}
        return not others and not is_foreign

    def _follow_tool(self, commands: list[float], values: dict[str, float]) -> None:
        named = set(commands)
        if named & {280, 300}:
            self.servo = values.get("S", self.servo)
            return
        if named & {82, 83}:
            self.feeds_relative = 83 in named
        if "S" in values and named <= {3, 4, 5, 106}:
            self.speed = values["S"]
        if named & {3, 4, 106}:
            self.is_on = True
        elif named & {5, 107}:
            self.is_on = False
        self.power = 0.0 if not self.is_on else 1.0 if self.speed is None else self.speed
        if named & {3, 4} and self.speed is not None:
            self.servo = self.speed

    def _set_place(self, values: dict[str, float]) -> None:
        """G92: what the present place is called from now on."""
        named = [values.get(letter) for letter in "XYZE"]
        if all(value is None for value in named):
            named = [0.0] * 4
        present = [self.at.real, self.at.imag, self.height or 0.0, self.extruded]
        for i, value in enumerate(named):
            if value is not None:
                self.shift[i] = present[i] - value * self.unit

    def _moved(self, words: list[tuple[str, float]]) -> Iterator[_Move]:
        values = dict(words)
        if self.code is None or not any(letter in values for letter in "XYZIJE"):
            return
        x = self._coordinate(values.get("X"), self.at.real, 0)
        y = self._coordinate(values.get("Y"), self.at.imag, 1)
        if "Z" in values:
            self.height = self._coordinate(values["Z"], self.height or 0.0, 2)
        feed = 0.0
        if "E" in values:
            relative = self.is_relative if self.feeds_relative is None else self.feeds_relative
            target = values["E"] * self.unit + (self.extruded if relative else self.shift[3])
            feed, self.extruded = target - self.extruded, target
        end = complex(x, y)
        centre = self._centre(values, end) if self.code >= 2 else None
        if end != self.at or centre is not None or "Z" in values:
            yield _Move(self.code, self.at, end, centre, self.height, self.power, self.servo, feed)
        self.at = end

    def _coordinate(self, value: float | None, present: float, axis: int) -> float:
        if value is None:
            return present
        return present + value * self.unit if self.is_relative else value * self.unit + self.shift[axis]

    def _centre(self, values: dict[str, float], end: complex) -> complex | None:
        """Of an arc from where the tool is."""
        if "R" in values:
            return self._centre_by_radius(values["R"] * self.unit, end)
        if "I" not in values and "J" not in values:
            raise self.refuse(f"G{self.code} without its centre (I, J) or its radius (R)")
        offset = complex(values.get("I", 0.0), values.get("J", 0.0)) * self.unit
        absolute = offset + complex(self.shift[0], self.shift[1])
        chosen = absolute if self.centres_absolute else self.at + offset
        if _misfit(self.at, end, chosen) <= MISFIT:
            return chosen
        if not self.centres_absolute and _misfit(self.at, end, absolute) <= ROUNDED:
            self.source.assume("the centres of arcs (I, J) are absolute: relative to where they begin they fit nowhere")
            return absolute
        raise self.refuse("the arc does not begin and end equally far from its centre")

    def _centre_by_radius(self, radius: float, end: complex) -> complex:
        chord = end - self.at
        if chord == 0:
            raise self.refuse("an arc with a radius must end elsewhere than where it begins")
        square = radius**2 - abs(chord / 2) ** 2
        if square < -MISFIT * radius**2:
            raise self.refuse("the radius R is less than half of the way between the ends of the arc")
        is_left = (self.code == 3) == (radius > 0)  # of the way from the beginning to the end
        return self.at + chord / 2 + (1j if is_left else -1j) * chord / abs(chord) * cmath.sqrt(max(square, 0.0)).real


def _misfit(start: complex, end: complex, centre: complex) -> float:
    """How different the distances from the centre are, as a share; infinite at the centre itself."""
    near, far = sorted([abs(start - centre), abs(end - centre)])
    return (far - near) / far if near > 0 else float("inf")


STATES: dict[int, tuple[str, float | bool]] = {
    200: ("unit", INCH),
    210: ("unit", 1.0),
    900: ("is_relative", False),
    910: ("is_relative", True),
    901: ("centres_absolute", True),
    911: ("centres_absolute", False),
}
"""What a code, times ten, makes of the machine."""

CURVES = {
    50: "let the program write arcs or lines instead of splines",
    51: "let the program write arcs or lines instead of splines",
    52: "let the program write arcs or lines instead of splines",
    180: "it chooses the plane of x and z",
    190: "it chooses the plane of y and z",
}
"""Codes, times ten, that refuse a file, and why."""

NOT_MOVES = frozenset({40, 100, 280, 281, 290, 300, 301, 382, 383, 384, 385, 530, 921, 922, 923})
"""Codes, times ten, beside which coordinates are no move, or none that draws."""
