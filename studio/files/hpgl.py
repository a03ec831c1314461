"""HP-GL (.hpgl, .plt, .hpg): what a pen plotter is told to draw, also in the later form HP-GL/2.

Commands are two letters and numbers (Hewlett-Packard, "The HP-GL/2 and HP RTL Reference Guide", 1997): pen up and down,
lines, arcs, circles, rectangles, wedges, curves and encoded lines. Letters and fillings are left out.
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.errors import StudioError
from studio.files import limits, outlines
from studio.files.plotting import Plotter, lines
from studio.files.source import Source, shown
from studio.files.svg_path import Piece
from studio.sequences.material import Drawing

NUMBER = re.compile(r"[\s,]*+([+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++))")
BETWEEN = re.compile(r"[\s;,\0]*+")
ESCAPES = re.compile(
    r"\x1b%-?[0-9]*X(?:@PJL[^\n]*+\n)*+|\x1b%-?[0-9]*[A-Z]|\x1b\.[A-Z@()](?:[0-9;]*+:)?|\x1bE|\x1b[*&(][a-z]?[-+0-9.a-z]*+[A-Z]"
)
"""For the printer around the drawing, or for the cable to the plotter."""

BEGIN = re.compile(r"\s*(?:IN|DF|PU|PA|SP[0-9]+)[\s;]", re.IGNORECASE)
DRAWS = re.compile(r"P[UDA][\s]*[0-9-]", re.IGNORECASE)
COMMANDS_ALONE = re.compile(r"(?:LB[^\x03]*+\x03?|[A-Za-z]{2}[-+0-9., \t]*+|[\s;]++)*+", re.IGNORECASE)
"""What looks like HP-GL where nothing else says so; reading it looks more closely."""

LETTERS = frozenset({"LB", "BL", "PB", "UC", "SM", "TD"})
FILLINGS = frozenset({"RA", "RR", "WG", "FP", "RF"})
TEXTS = frozenset({"LB", "BL", "SM", "CO", "MG", "WD", "BP"})
"""Followed by text instead of numbers."""

PAGES = frozenset({"PG", "AF", "AH", "EC", "FR"})
WHOLE_TURN = 360.0
LARGEST = 1e9
"""Of a number in a command; plotters themselves take less than 2^30."""

BASE_64, BASE_32 = 6, 5
FIRST_DIGIT = 63


def looks_like(lines: Sequence[str]) -> bool:
    """Whether there are but commands for a plotter, which are begun as a file is and draw."""
    text = ESCAPES.sub("", "\n".join(lines))
    return (
        BEGIN.match(text) is not None and DRAWS.search(text) is not None and COMMANDS_ALONE.fullmatch(text) is not None
    )


def read(source: Source) -> Iterator[Drawing]:
    """One drawing for each page; each line drawn with the pen down is a stroke, whichever pen it was.

    Raises:
        StudioError: with the byte, for what is no command or has other numbers than it takes; nothing drawn.
    """
    source.limit_bytes(limits.DOCUMENT_BYTES)
    machine = _Machine(source)
    found = False
    for drawing in machine.pages(source.data.decode("latin-1")):
        found = True
        yield drawing
    machine.tell()
    if not found:
        raise source.refuse("holds nothing drawn with the pen down")


@dataclass
class _Scale:
    """From the units of the file to those of the plotter: factors and shifts of x and y."""

    x: float = 1.0
    y: float = 1.0
    shift: complex = 0j

    def place(self, x: float, y: float) -> complex:
        return complex(x * self.x, y * self.y) + self.shift

    def step(self, x: float, y: float) -> complex:
        return complex(x * self.x, y * self.y)


@dataclass
class _Machine:
    """Follows command after command."""

    source: Source
    plotter: Plotter = field(init=False)
    scale: _Scale = field(default_factory=_Scale)
    corners: list[float] | None = None  # P1 and P2, which scaling refers to
    turned: complex = 1 + 0j
    is_relative: bool = False
    terminator: str = "\x03"
    polygon: Plotter | None = None  # what is drawn between PM0 and PM2
    begun: complex | None = None  # where the part of the polygon begins
    edges: list[list[Piece]] = field(default_factory=list)
    letters: bool = False
    fillings: bool = False
    unknown: set[str] = field(default_factory=set)
    byte: int = 0

    def __post_init__(self) -> None:
        self.plotter = Plotter(self.source)

    def pages(self, text: str) -> Iterator[Drawing]:
        """The drawings, as far as there is something on them."""
        position = self._between(text, 0)
        while position < len(text):
            self.byte = position
            name = text[position : position + 2].upper()
            if not (len(name) == 2 and name.isascii() and name.isalpha()):
                raise self.refuse(f"{shown(text[position : position + 10])} is no command of two letters")
            position, numbers = self._arguments(name, text, position + 2)
            if name in PAGES:
                if (page := self.plotter.finished()) is not None:
                    yield page
            else:
                self._follow(name, numbers)
            position = self._between(text, position)
        if (page := self.plotter.finished()) is not None:
            yield page

    def refuse(self, what: str) -> StudioError:
        return self.source.refuse(what, byte=self.byte)

    def tell(self) -> None:
        """Say what was left out."""
        if self.letters:
            self.source.note("labels were left out: their letters are those of the plotter")
        if self.fillings:
            self.source.note("fillings were left out; only lines came in")
        if self.unknown:
            self.source.note(f"the commands {', '.join(sorted(self.unknown)[:10])} are not known and were passed over")

    def _between(self, text: str, position: int) -> int:
        while True:
            found = BETWEEN.match(text, position)
            position = found.end() if found else position
            escape = ESCAPES.match(text, position)
            if escape is None:
                return position
            position = escape.end()

    def _arguments(self, name: str, text: str, position: int) -> tuple[int, list[float]]:
        """What stands after a command, and where the next one begins."""
        if name == "PE":
            return self._encoded(text, position), []
        if name == "DT":
            self.terminator = (
                text[position : position + 1] if text[position : position + 1] not in (";", "") else "\x03"
            )
            return position + 1, []
        if name in TEXTS:
            self.letters = self.letters or name in LETTERS
            end = self._end_of_text(name, text, position)
            return end, []
        numbers = []
        while (found := NUMBER.match(text, position)) is not None:
            number = float(found[1])
            if abs(number) > LARGEST:
                raise self.refuse(f"{name} with {shown(found[1])}, which is larger than any plotter")
            numbers.append(number)
            position = found.end()
        return position, numbers

    def _end_of_text(self, name: str, text: str, position: int) -> int:
        if name in ("LB", "BL"):
            end = text.find(self.terminator, position)
            if end < 0:
                raise self.refuse(f"{name} without the character that ends the text")
            return end + 1
        if name == "SM":
            return position + (text[position : position + 1] not in (";", ""))
        quoted = re.compile(r'[^";]*+(?:"[^"]*+"[^";]*+)*+').match(text, position)
        return position if quoted is None else quoted.end()

    def _follow(self, name: str, numbers: list[float]) -> None:
        if name in COMMANDS:
            counts, follow = COMMANDS[name]
            if counts is not None and len(numbers) not in counts:
                raise self.refuse(f"{name} with {len(numbers)} numbers; expected {' or '.join(map(str, counts))}")
            follow(self, numbers)
        elif name in FILLINGS:
            self.fillings = True
        elif name in LETTERS:
            self.letters = True
        elif name not in SILENT:
            self.unknown.add(name)

    @property
    def pen(self) -> Plotter:
        return self.plotter if self.polygon is None else self.polygon

    def _place(self, x: float, y: float, *, is_relative: bool) -> complex:
        if is_relative:
            return self.pen.at + self.scale.step(x, y) * self.turned
        return self.scale.place(x, y) * self.turned

    def moves(self, numbers: list[float]) -> None:
        if len(numbers) % 2:
            raise self.refuse(f"coordinates of {len(numbers)} numbers; expected pairs of x and y")
        for i in range(0, len(numbers), 2):
            self.pen.move(self._place(numbers[i], numbers[i + 1], is_relative=self.is_relative))
            self.begun = self.pen.at if self.begun is None else self.begun

    def up(self, numbers: list[float]) -> None:
        self.pen.lift()
        self.moves(numbers)

    def down(self, numbers: list[float]) -> None:
        self.pen.lower()
        self.moves(numbers)

    def absolute(self, numbers: list[float]) -> None:
        self.is_relative = False
        self.moves(numbers)

    def relative(self, numbers: list[float]) -> None:
        self.is_relative = True
        self.moves(numbers)

    def initialise(self, numbers: list[float]) -> None:
        self.pen.lift()
        self.corners, self.turned = None, 1 + 0j
        self.defaults(numbers)

    def defaults(self, numbers: list[float]) -> None:
        self.scale, self.is_relative, self.terminator, self.polygon = _Scale(), False, "\x03", None

    def corner_points(self, numbers: list[float]) -> None:
        self.corners = numbers if len(numbers) == 4 else None

    def scaling(self, numbers: list[float]) -> None:
        """SC: the units of the file are such that P1 and P2 have the coordinates given; by type 2 so large each."""
        if not numbers:
            self.scale = _Scale()
            return
        kind = numbers[4] if len(numbers) > 4 else 0
        x1, x2, y1, y2 = numbers[:4]
        if (kind == 2 and not (x2 and y2)) or (kind != 2 and (x1 == x2 or y1 == y2)):
            raise self.refuse("SC without an extent")
        if kind == 2:
            left, bottom = self.corners[:2] if self.corners else (0.0, 0.0)
            self.scale = _Scale(x2, y2, complex(left - x1 * x2, bottom - y1 * y2))
        elif self.corners is None:
            self.scale = _Scale()
            self.source.assume("coordinates are those of the command SC; without IP it does not say how large they are")
        else:
            left, bottom, right, top = self.corners
            across, upwards = (right - left) / (x2 - x1), (top - bottom) / (y2 - y1)
            if kind == 1:
                across = upwards = min(across, upwards, key=abs)
            self.scale = _Scale(across, upwards, complex(left - x1 * across, bottom - y1 * upwards))

    def rotation(self, numbers: list[float]) -> None:
        self.turned = cmath.exp(1j * math.radians(numbers[0])) if numbers else 1 + 0j

    def arc(self, numbers: list[float], *, is_relative: bool) -> None:
        centre = self._place(numbers[0], numbers[1], is_relative=is_relative)
        self.pen.follow(outlines.turn(self.pen.at, centre, self._angle(numbers[2])))

    def _angle(self, degrees: float) -> float:
        """In radians, no more than a whole turn: what is drawn twice looks the same. Mirrored where the scale is."""
        mirrored = -1 if self.scale.x * self.scale.y < 0 else 1
        return mirrored * math.radians(min(max(degrees, -WHOLE_TURN), WHOLE_TURN))

    def three_points(self, numbers: list[float], *, is_relative: bool) -> None:
        one = self.pen.at
        two, three = (self._place(*numbers[i : i + 2], is_relative=is_relative) for i in (0, 2))
        u, v = two - one, three - one
        across = (u.conjugate() * v).imag
        if abs(across) <= 1e-12 * abs(u) * abs(v):  # in a line, or the same place
            self.pen.follow(lines([one, two, three]))
            return
        centre = one + 1j * (u * abs(v) ** 2 - v * abs(u) ** 2) / (2 * across)
        angle = cmath.phase((three - centre) / (one - centre)) % (2 * cmath.pi)
        self.pen.follow(outlines.turn(one, centre, angle if across > 0 else angle - 2 * cmath.pi, three))

    def circle(self, numbers: list[float]) -> None:
        radius = numbers[0] * abs(self.scale.x)
        start = self.pen.at + radius
        self.pen.draw(outlines.turn(start, self.pen.at, 2 * cmath.pi, start))

    def wedge(self, numbers: list[float]) -> None:
        at, radius = self.pen.at, numbers[0] * abs(self.scale.x)
        start = at + radius * cmath.exp(1j * math.radians(numbers[1])) * self.turned
        rim = outlines.turn(start, at, self._angle(numbers[2]))
        self.pen.draw([*lines([at, start]), *rim, *lines([complex(*rim[-1][-1]), at])])

    def rectangle(self, numbers: list[float], *, is_relative: bool) -> None:
        at = self.pen.at
        opposite = self._place(*numbers, is_relative=is_relative)
        across = (opposite - at) / self.turned
        aside = at + across.real * self.turned
        self.pen.draw(lines([at, aside, opposite, at + opposite - aside, at]))

    def curve(self, numbers: list[float], *, is_relative: bool) -> None:
        if len(numbers) % 6:
            raise self.refuse(f"a curve of {len(numbers)} numbers; expected six for each")
        for i in range(0, len(numbers), 6):
            inner = [self._place(*numbers[j : j + 2], is_relative=is_relative) for j in range(i, i + 6, 2)]
            self.pen.follow([np.array([[place.real, place.imag] for place in (self.pen.at, *inner)])])

    def polygon_mode(self, numbers: list[float]) -> None:
        """PM0 begins a polygon, which nobody sees until EP draws its edges; PM1 closes a part of it, PM2 the last."""
        mode = int(numbers[0]) if numbers else 0
        if mode == 0:
            self.polygon = Plotter(self.source)
            self.polygon.at, self.polygon.is_down = self.plotter.at, self.plotter.is_down
            self.begun = self.polygon.at
        elif self.polygon is not None:
            if self.begun is not None and self.polygon.is_down and self.polygon.at != self.begun:
                self.polygon.move(self.begun)
            self.polygon.is_down, self.begun = False, None
            if mode == 2:
                self.edges, self.polygon = self.polygon.taken(), None

    def edge(self, numbers: list[float]) -> None:
        for subpath in self.edges:
            self.pen.draw(subpath)

    def _encoded(self, text: str, position: int) -> int:
        """PE: lines as numbers to the base 64 or 32, the lowest digit first, the lowest bit of all the sign."""
        bits, fraction, is_up, is_absolute = BASE_64, 0, False, False
        awaited, pair = "", list[float]()
        value = shift = 0
        while position < len(text) and text[position] != ";":
            code, letter = ord(text[position]), text[position]
            position += 1
            if not shift and letter in ":<>=7":
                awaited = letter if letter in ":>" else awaited
                is_up, is_absolute = is_up or letter == "<", is_absolute or letter == "="
                bits = BASE_32 if letter == "7" else bits
                continue
            digit = code - FIRST_DIGIT if bits == BASE_32 or code < 128 else code - 128 - FIRST_DIGIT
            base = 1 << bits
            is_last = digit >= base if bits == BASE_32 else code >= 128
            digit -= base if bits == BASE_32 and is_last else 0
            if not 0 <= digit < base:
                continue  # a space or the end of a line
            value, shift = value + (digit << shift), shift + bits
            if shift > 64:
                raise self.refuse("PE with a number that does not end")
            if not is_last:
                continue
            number = -(value >> 1) if value & 1 else value >> 1
            value = shift = 0
            if awaited:
                fraction = min(max(number, -30), 30) if awaited == ">" else fraction
                awaited = ""
                continue
            pair.append(number / 2**fraction)
            if len(pair) == 2:
                self.pen.put(is_down=not is_up)
                self.pen.move(self._place(*pair, is_relative=not is_absolute))
                pair, is_up, is_absolute = [], False, False
        return position


_Follow = Callable[[_Machine, list[float]], None]

COMMANDS: dict[str, tuple[tuple[int, ...] | None, _Follow]] = {
    "IN": (None, _Machine.initialise),
    "DF": (None, _Machine.defaults),
    "PU": (None, _Machine.up),
    "PD": (None, _Machine.down),
    "PA": (None, _Machine.absolute),
    "PR": (None, _Machine.relative),
    "IP": ((0, 2, 4), _Machine.corner_points),
    "SC": ((0, 4, 5, 7), _Machine.scaling),
    "RO": ((0, 1), _Machine.rotation),
    "AA": ((3, 4), lambda machine, numbers: machine.arc(numbers, is_relative=False)),
    "AR": ((3, 4), lambda machine, numbers: machine.arc(numbers, is_relative=True)),
    "AT": ((4, 5), lambda machine, numbers: machine.three_points(numbers, is_relative=False)),
    "RT": ((4, 5), lambda machine, numbers: machine.three_points(numbers, is_relative=True)),
    "CI": ((1, 2), _Machine.circle),
    "EW": ((3, 4), _Machine.wedge),
    "EA": ((2,), lambda machine, numbers: machine.rectangle(numbers, is_relative=False)),
    "ER": ((2,), lambda machine, numbers: machine.rectangle(numbers, is_relative=True)),
    "BZ": (None, lambda machine, numbers: machine.curve(numbers, is_relative=False)),
    "BR": (None, lambda machine, numbers: machine.curve(numbers, is_relative=True)),
    "PM": ((0, 1), _Machine.polygon_mode),
    "EP": (None, _Machine.edge),
}
"""How many numbers they take, None where any, and what they do."""

_SILENT = (
    "AC AD AP AS BF CA CC CF CM CO CP CR CS CT CV DC DI DL DP DR DS DT DV EP ES FS FT GM GP IC IM IR IV IW KY LA LO LM "
    "LT MC MG MT ND NP NR OA OC OD OE OF OG OH OI OK OL OO OP OS OT OW PB PC PP PS PT PW QL RP RQ RV SA SB SD SI SL SP "
    "SR SS ST SU SV TL TR UF UL VA VN VS WU XT YT BP CL FL IO KC PE"
)
SILENT = frozenset(re.findall("..", _SILENT.replace(" ", "")))
"""Those that draw nothing, or only marks at the edges."""
