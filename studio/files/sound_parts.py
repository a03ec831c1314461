"""What of a sound file is sound, found out from its own structure, so that nothing of it is lost.

libsndfile goes by lengths that a header claims or that it estimates itself: it stops within an MP3 file of variable bit
rate that has no Xing header, after the first link of a chained Ogg file, and at once where a recorder never filled in
the sizes of a WAV file. So the bytes are looked through here, and libsndfile is given them as one or several parts that
say of themselves what is true.
"""

from __future__ import annotations

import io
import mmap
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TypeAlias

Piece: TypeAlias = bytes | range
"""Bytes, or which bytes of the file."""

Order: TypeAlias = Literal["little", "big"]
View: TypeAlias = mmap.mmap | bytes

_UNKNOWN = 0xFFFFFFFF
_BLOCK_CODINGS = {0x02, 0x11, 0x31}  # Microsoft's and IMA's ADPCM, GSM 6.10: whole blocks or nothing
_TALLEST = 64  # the claim of how large an MP3 file is: more than 320 kbit/s have of 8 kbit/s
_TAIL = 128  # bytes at the end of an MP3 file that are looked into for a title
_SOUGHT = 2**16  # bytes within which the first frame of an MP3 file is looked for
_AGREE = 4  # headers in a row that make another kind of MP3 frames believable


@dataclass(frozen=True)
class Part:
    """A piece of sound in a file.

    Attributes:
        pieces: of the bytes for libsndfile; None: the file as it is.
        inflated: whether the bytes shall look like many more, since libsndfile estimates how long they sound.
        frames: how many there are, counted without decoding them; None: as libsndfile says.
        most: frames after which there is only filling.
    """

    pieces: tuple[Piece, ...] | None = None
    inflated: bool = False
    frames: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Parts:
    """Of a whole file.

    Attributes:
        parts: at least one.
        cut: whether the last one ends before it should.
        claimed: frames that the header speaks of, where it speaks of fewer than there are.
    """

    parts: tuple[Part, ...] = (Part(),)
    cut: bool = False
    claimed: int | None = None


class Pieces(io.RawIOBase):
    """Pieces of a file, one after another, as a file of its own.

    Args:
        file: open for reading, from which pieces are taken.
        part: which pieces.
    """

    def __init__(self, file: BinaryIO, part: Part) -> None:
        super().__init__()
        self._file, self._pieces = file, part.pieces or ()
        self._begins = [0, *accumulate(map(len, self._pieces))]
        self._size = self._begins[-1] * (_TALLEST if part.inflated else 1)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: object) -> int:
        """Fill a buffer with what comes next; how much of it, which is all but at the end."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        done = 0
        while done < len(view) and (found := self._next(len(view) - done)):
            view[done : done + len(found)] = found
            done += len(found)
            self._at += len(found)
        return done

    def _next(self, most: int) -> bytes:
        if self._at >= self._begins[-1]:  # where a title is looked for there is none
            left = self._size - self._at
            return bytes(min(most, left)) if 0 < left <= _TAIL else b""
        which = bisect_right(self._begins, self._at) - 1
        piece, skipped = self._pieces[which], self._at - self._begins[which]
        if isinstance(piece, bytes):
            return piece[skipped : skipped + most]
        self._file.seek(piece.start + skipped)
        return self._file.read(min(most, len(piece) - skipped))


def parts_of(path: Path) -> Parts:
    """The sound in a file; the whole of it as it is, where nothing is known that libsndfile does not know."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        if size < 16:
            return Parts()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return parts_in(data)


def parts_in(data: View) -> Parts:
    """The sound in these bytes, see `parts_of`."""
    head = data[:12]
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:] == b"WAVE":
        return _wave(data, "big" if head[:4] == b"RIFX" else "little")
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _aiff(data)
    if head[:4] in _SIMPLE:
        return _SIMPLE[head[:4]](data)
    if not any(head.startswith(magic) for magic in _OTHERS):
        return _mpeg(data)
    return Parts()


_OTHERS = (b"riff", b"RIFF", b"RIFX", b"RF64", b"FORM")


# --- chunks: WAV, AIFF, CAF


class _Chunk(NamedTuple):
    name: bytes
    at: int  # of its first byte
    size: int  # as it says


def _chunks(data: View, at: int, order: Order) -> Iterator[_Chunk]:
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], order)
        yield _Chunk(data[at : at + 4], at + 8, size)
        at += 8 + size + size % 2


def _bytes(data: View, at: int, count: int) -> bytes:
    """So many; zeros after the end."""
    return data[at : at + count].ljust(count, b"\0")


def _are_chunks(data: View, at: int, order: Order) -> bool:
    """Whether what follows from there on are further chunks, or nothing that matters."""
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], order)
        if not name.strip(b"\0") or name[:3] == b"TAG":  # filling up to some size, or a title
            return not data[at : at + 4096].strip(b"\0") or name[:3] == b"TAG"
        if not all(0x20 <= letter < 0x7F for letter in name) or at + 8 + size > len(data) + 1:
            return False
        at += 8 + size + size % 2
    return True


class _Coding(NamedTuple):
    """What the fmt chunk of a WAV file says."""

    tag: int
    align: int  # bytes in a block, of all channels
    per_block: int  # frames


def _wave(data: View, order: Order) -> Parts:
    coding, fact, sizes = _Coding(0, 0, 1), 0, 0
    for chunk in _chunks(data, 12, order):
        if chunk.name == b"fmt " and chunk.size >= 16:
            coding = _coding(_bytes(data, chunk.at, 20), order)
        elif chunk.name == b"fact" and chunk.size >= 4:
            fact = int.from_bytes(data[chunk.at : chunk.at + 4], order)
        elif chunk.name == b"ds64":
            sizes = chunk.at
        elif chunk.name == b"data":
            return _data_of_wave(data, order, chunk, coding, fact, sizes)
    return Parts()


def _coding(body: bytes, order: Order) -> _Coding:
    sign = "<" if order == "little" else ">"
    tag, _, _, _, align, _ = struct.unpack(f"{sign}HHIIHH", body[:16])
    per_block = struct.unpack(f"{sign}H", body[18:20])[0] if tag in _BLOCK_CODINGS else 1
    return _Coding(tag, align, max(1, per_block))


def _data_of_wave(data: View, order: Order, chunk: _Chunk, coding: _Coding, fact: int, sizes: int) -> Parts:
    there = len(data) - chunk.at
    said = chunk.size
    if sizes and said == _UNKNOWN:
        said = int.from_bytes(data[sizes + 8 : sizes + 16], order)
    goes_on = said < there and not (
        _are_chunks(data, chunk.at + said + said % 2, order) and not (said == 0 and _is_silence(data, chunk.at))
    )
    true = there if goes_on or said > there else said
    if coding.tag in _BLOCK_CODINGS and coding.align:
        true -= true % coding.align  # of a part of a block libsndfile makes noise
    most = None
    if coding.per_block > 1 and coding.align and not goes_on:
        whole = true // coding.align * coding.per_block
        most = fact if whole - coding.per_block < fact < whole else None  # the last block is filled up
    if true == chunk.size and not sizes:
        return Parts((Part(most=most),))
    plain = coding.align > 0 and coding.per_block == 1
    claimed = said // coding.align if goes_on and plain and said else None
    return Parts((Part(_rewritten_wave(data, order, chunk.at, true, sizes), most=most),), claimed=claimed)


def _is_silence(data: View, at: int) -> bool:
    return len(data) - at >= 8 and not data[at : at + 4096].strip(b"\0")


def _rewritten_wave(data: View, order: Order, at: int, size: int, sizes: int) -> tuple[Piece, ...]:
    """With the sizes that are true; larger than 4 GB is of unknown size."""
    head = bytearray(data[:at])
    if sizes:
        head[:4] = b"RIFF"
        head[sizes - 8 : sizes - 4] = b"JUNK"
    head[4:8] = min(at - 8 + size + size % 2, _UNKNOWN).to_bytes(4, order)
    head[at - 4 :] = min(size, _UNKNOWN).to_bytes(4, order)
    return (bytes(head), range(at, at + size), bytes(size % 2))


def _aiff(data: View) -> Parts:
    """Of AIFF libsndfile understands an unknown size, but not one that was left as at the beginning."""
    frame = 0
    for chunk in _chunks(data, 12, "big"):
        if chunk.name == b"COMM" and chunk.size >= 18:
            channels, _, bits = struct.unpack(">HIH", _bytes(data, chunk.at, 8))
            coded = chunk.size >= 22 and data[chunk.at + 18 : chunk.at + 22] not in (b"NONE", b"sowt", b"twos")
            frame = 0 if coded else channels * -(-bits // 8)
        elif chunk.name == b"SSND" and chunk.size >= 8 and frame:
            end = chunk.at + chunk.size + chunk.size % 2
            if end >= len(data) or _are_chunks(data, end, "big"):
                return Parts()
            size = len(data) - chunk.at
            head = bytearray(data[: chunk.at])
            head[4:8] = (len(data) - 8 & _UNKNOWN).to_bytes(4, "big")
            head[-4:] = (size & _UNKNOWN).to_bytes(4, "big")
            claimed = (chunk.size - 8) // frame or None
            return Parts((Part((bytes(head), range(chunk.at, chunk.at + size))),), claimed=claimed)
    return Parts()


def _caf(data: View) -> Parts:
    """A size of -1 is allowed where the sound comes last, and 0 stands where it was never filled in."""
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 12], "big", signed=True)
        if data[at : at + 4] == b"data" and size in (-1, 0):
            there = len(data) - at - 12
            head = data[: at + 4] + there.to_bytes(8, "big")
            return Parts((Part((head, range(at + 12, len(data)))),))
        if size < 0:
            break
        at += 12 + size
    return Parts()


def _au(data: View) -> Parts:
    """A size of 0 is one that was never filled in."""
    begin, size = struct.unpack(">II", data[4:12])
    if size == 0 and 24 <= begin < len(data):
        return Parts((Part((data[:8] + b"\xff" * 4, range(12, len(data)))),))
    return Parts()


def _flac(data: View) -> Parts:
    """How many samples there are is said in 36 bits; 0 is unknown, and then libsndfile reads on."""
    if data[4] & 0x7F != 0 or len(data) < 26:
        return Parts()
    frames = (data[21] & 0x0F) << 32 | int.from_bytes(data[22:26], "big")
    head = data[:21] + bytes([data[21] & 0xF0, 0, 0, 0, 0])
    return Parts((Part((head, range(26, len(data))), frames=frames or None),), claimed=frames or None)


# --- Ogg


def _ogg(data: View) -> Parts:
    """Links of a chain begin with pages that say so, after others that do not (RFC 3533, section 4)."""
    begins, opening, at = [0], True, 0
    while at + 27 <= len(data):
        if data[at : at + 4] != b"OggS":
            at = data.find(b"OggS", at)
            if at < 0:
                break
            continue
        first = bool(data[at + 5] & 2)
        if first and not opening:
            begins.append(at)
        opening = first
        segments = data[at + 26]
        at += 27 + segments + sum(data[at + 27 : at + 27 + segments])
    if len(begins) == 1:
        return Parts()
    ends = [*begins[1:], len(data)]
    return Parts(tuple(Part((range(begin, end),)) for begin, end in zip(begins, ends, strict=True)))


# --- MPEG audio

_KILOBITS = {  # by version (1, or 2 and 2.5) and layer
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class _Frame(NamedTuple):
    """The header of a frame of MPEG audio (ISO 11172-3, section 2.4.2.3)."""

    version: int  # as it stands in the header: 3, 2 or 0
    layer: int
    rate: int
    mono: bool
    size: int  # bytes

    @property
    def kind(self) -> tuple[int, int, int, bool]:
        """What stays the same from frame to frame."""
        return self[:4]

    @property
    def samples(self) -> int:
        if self.layer == 1:
            return 384
        return 1152 if self.layer == 2 or self.version == 3 else 576


def _frame(data: View, at: int) -> _Frame | None:
    """The frame that begins there."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bits, rates = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or bits in (0, 15) or rates == 3:
        return None
    rate = _RATES[version][rates]
    kilobits = _KILOBITS[1 if version == 3 else 2, layer][bits]
    padding = head[2] >> 1 & 1
    if layer == 1:
        size = (12_000 * kilobits // rate + padding) * 4
    else:
        size = (144_000 if layer == 2 or version == 3 else 72_000) * kilobits // rate + padding
    return _Frame(version, layer, rate, head[3] >> 6 == 3, size)


@dataclass
class _Stretch:
    """Frames of one kind, wherever in the file they stand."""

    first: _Frame
    ranges: list[range]
    count: int = 0

    def add(self, at: int, frame: _Frame) -> None:
        self.count += 1
        if self.ranges and self.ranges[-1].stop == at:
            self.ranges[-1] = range(self.ranges[-1].start, at + frame.size)
        else:
            self.ranges.append(range(at, at + frame.size))


def _mpeg(data: View) -> Parts:
    """The frames of an MP3 file, one by one, past titles, pictures and damage."""
    begin = end = at = _after_title(data, 0)
    stretches: list[_Stretch] = []
    said: int | None = None
    cut = False
    while 0 <= at < len(data):
        if not stretches and at > begin + _SOUGHT:
            break
        frame = _frame(data, at)
        kind = stretches[-1].first.kind if stretches else None
        follows = stretches and at == end and frame is not None and frame.kind == kind
        if frame is None or not (follows or _believable(data, at, frame, kind)):
            at = _resynchronised(data, at)
            continue
        cut = at + frame.size > len(data)
        if cut:
            break
        information = _information(data, at, frame)
        if kind != frame.kind:
            stretches.append(_Stretch(frame, []))
        if information is None:
            stretches[-1].add(at, frame)
        elif len(stretches) == 1 and not stretches[0].count:
            said = information
        end = at = at + frame.size
    count = sum(stretch.count for stretch in stretches)
    if not count or (said is not None and said >= count and len(stretches) == 1):
        return Parts()  # what the file itself says is right, and it knows how much of its ends is filling
    parts = tuple(
        Part(tuple(each.ranges), inflated=True, frames=each.count * each.first.samples)
        for each in stretches
        if each.count
    )
    claimed = said * stretches[0].first.samples if said else None
    return Parts(parts, cut, claimed)


def _believable(data: View, at: int, frame: _Frame, kind: object) -> bool:
    """Whether this is a frame, and not a picture or damage that looks like one: others like it follow."""
    wanted = 1 if frame.kind == kind else _AGREE
    for _ in range(wanted):
        at += frame.size
        if at >= len(data) or data[at : at + 3] in (b"TAG", b"ID3"):
            return True
        following = _frame(data, at)
        if following is None or following.kind != frame.kind:
            return False
        frame = following
    return True


def _resynchronised(data: View, at: int) -> int:
    """Where the next frame may begin; -1: nowhere."""
    if data[at : at + 3] == b"ID3":
        return max(_after_title(data, at), at + 1)
    return data.find(b"\xff", at + 1)


def _after_title(data: View, at: int) -> int:
    """After the titles and pictures in front (ID3 2.3 and 2.4), which may be several."""
    while data[at : at + 3] == b"ID3" and at + 10 <= len(data):
        size = 0
        for seven in data[at + 6 : at + 10]:
            size = size << 7 | seven & 0x7F
        at += 10 + size + 10 * (data[at + 5] >> 4 & 1)
    return at


def _information(data: View, at: int, frame: _Frame) -> int | None:
    """How many frames are spoken of by one that holds no sound itself (Xing, Info, VBRI); None: it holds sound."""
    if frame.layer != 3:
        return None
    if data[at + 36 : at + 40] == b"VBRI":
        return 0  # of which libsndfile knows nothing
    sides = (17 if frame.mono else 32) if frame.version == 3 else (9 if frame.mono else 17)
    for begin in (at + 4 + sides, at + 6 + sides):
        if data[begin : begin + 4] in (b"Xing", b"Info"):
            has_frames = data[begin + 7] & 1
            return int.from_bytes(data[begin + 8 : begin + 12], "big") if has_frames else 0
    return None


_SIMPLE = {b"OggS": _ogg, b"fLaC": _flac, b".snd": _au, b"caff": _caf}
