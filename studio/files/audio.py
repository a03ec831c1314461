"""Audio files of any rate, width and number of channels, read piece by piece by libsndfile; WAV and FLAC written.

Reading goes on until there is no more, whatever length a header speaks of (`studio.files.sound_parts`).
"""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.files import atomic
from studio.files.sound_parts import Part, Pieces, parts_of
from studio.files.source import Source, printable, reason
from studio.sequences.recording import Recording
from studio.sound.resampling import Resampler

ENDINGS = (
    *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"),
    *(".au", ".snd", ".caf", ".w64", ".rf64"),
)
"""Of files that can be read."""

WRITTEN = (".wav", ".flac")
"""Endings of files that can be written."""

FOREIGN = frozenset({".m4a", ".mp4", ".aac", ".wma", ".amr", ".webm", ".mov", ".mkv", ".3gp"})
"""Endings of files that hold sound, but of a kind that cannot be read."""

log = logging.getLogger(__name__)

Width = Literal[16, 24, "float"]

RATES = (1_000, 768_000)
CHANNELS = 32
VALUES = 2**29
"""Samples of all channels that one recording may have, 2 GB: three hours of mono, 48,000 a second."""

_BLOCK = 2**13  # frames
_SMALL_BLOCK = 2**10  # of FLAC, where as many may be lost before a damaged place
_SAMPLES_PER_BYTE = 16  # as many as compressed speech has
_OGG_PAGE = 27 + 255 + 255 * 255  # bytes, at most
_LOUD = 8.0  # beyond full scale by so much, samples were written in other units
_MAGIC = (
    *((b"RIFF", 8, b"WAVE"), (b"RF64", 8, b"WAVE"), (b"riff\x2e\x91\xcf\x11", 0, b""), (b"fLaC", 0, b"")),
    *((b"OggS", 0, b""), (b"ID3", 0, b""), (b"FORM", 8, b"AIFF"), (b"FORM", 8, b"AIFC"), (b".snd", 0, b"")),
    *((b"caff", 0, b""), (b"\xff\xfb", 0, b""), (b"\xff\xf3", 0, b""), (b"\xff\xf2", 0, b"")),
)


def looks_like(data: bytes) -> bool:
    """Whether a file that begins with these bytes, a dozen or more, is an audio file."""
    return any(data.startswith(start) and data[at : at + len(more)] == more for start, at, more in _MAGIC)


def read_recording(
    path: str | os.PathLike[str],
    source: Source | None = None,
    *,
    rate: int | None = None,
    mono: bool = False,
    label: str = "",
) -> Recording:
    """Read a whole audio file; only what is kept of it is ever in memory.

    Args:
        path: the file.
        source: how the user knows it, where notes go (a file cut short, samples in other units), and how to cancel;
            its bytes are not used.
        rate: samples per second wanted; None: as it is.
        mono: whether all channels shall be mixed into one.
        label: of the recording.

    Raises:
        StudioError: it cannot be read, or holds no sound.
    """
    with AudioFile(path, source) as file:
        channels = 1 if mono else file.channels
        expected = max(1, round(file.frames * (rate or file.rate) / file.rate)) + 1
        # A file that lies about its length shall not ask for more memory than its bytes can unfold to.
        plausible = min(expected, VALUES // channels, _BLOCK + _SAMPLES_PER_BYTE * file.bytes)
        samples = np.empty((plausible, channels), np.float32)
        repairs = _Repairs()
        count = 0
        for block in file.blocks(rate=rate, mono=mono):
            if (count + len(block)) * channels > VALUES:
                raise file.source.refuse("is longer than can be held in memory: cut it into parts of at most an hour")
            if count + len(block) > len(samples):  # the file was wrong about its length
                samples = np.concatenate([samples[:count], np.empty((max(count, len(block)), channels), np.float32)])
            samples[count : count + len(block)] = repairs.repaired(block)
            count += len(block)
        if count == 0:
            raise file.source.refuse("holds no sound: record or export it again, or leave it out")
        repairs.finish(samples[:count], file.source)
        return Recording(samples[:count], rate or file.rate, label)


@dataclass
class _Repairs:
    """What no sound card understands, found and mended while a file is read.

    Attributes:
        not_finite: how many samples were no numbers.
        peak: the largest of the others.
    """

    not_finite: int = 0
    peak: float = 0.0

    def repaired(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        finite = np.isfinite(block)
        if not finite.all():
            self.not_finite += int((~finite).sum())
            block = np.where(finite, block, np.float32(0))
        self.peak = max(self.peak, float(np.abs(block).max(initial=0)))
        return block

    def finish(self, samples: NDArray[np.float32], source: Source) -> None:
        """Bring samples in other units to full scale, in place, and note what was done."""
        if self.not_finite:
            source.note(f"{self.not_finite:,} samples are no numbers; silence took their place")
        if self.peak > _LOUD:
            source.note(f"its samples go up to {self.peak:.3g} where 1 is full scale; they were divided by that")
            samples /= np.float32(self.peak)


class AudioFile:
    """An audio file that is open for reading, also of many hours; a context manager.

    Args:
        path: the file.
        source: see `read_recording`.

    Attributes:
        rate: samples per second.
        channels: C.
        frames: N as the file says, which may be wrong.
        bytes: how large the file is.
        source: name, notes and cancelling.

    Raises:
        StudioError: it cannot be opened, or is no audio file.
    """

    def __init__(self, path: str | os.PathLike[str], source: Source | None = None) -> None:
        self._path = Path(path)
        self._stack = ExitStack()
        self.source = source or Source(printable(self._path.name), b"")
        if not self._path.is_file():  # a named pipe would wait for ever
            raise self.source.refuse(
                "is no file that can be read: choose the sound file itself"
                if self._path.exists()
                else "not found: look whether it was moved, or is a link that leads nowhere"
            )
        _soundfile()
        try:  # libsndfile would not tell a missing permission from a file that is no audio file
            with self._path.open("rb") as file:
                self._head = file.read(12)
                self.bytes = file.seek(0, io.SEEK_END)
        except OSError as error:
            raise self.source.refuse(
                f"cannot be read: {reason(error)}; copy it to a place where you may read it"
            ) from error
        try:
            self._look_through()
        except BaseException:
            self._stack.close()
            raise

    def _look_through(self) -> None:
        """Find out what is in it."""
        try:
            self._parts = parts_of(self._path)
            with self._opened(self._parts.parts[0]) as first:
                self._check(first.samplerate, first.channels)
                self.rate: int = first.samplerate
                self.channels: int = first.channels
                self.frames: int = _counted(first, self._parts.parts[0])
        except _soundfile().LibsndfileError as error:
            raise self._not_audio(error) from error
        if len(self._parts.parts) > 1:
            self.frames = self._frames_of_all()

    def _opened(self, part: Part) -> Any:
        """One part as libsndfile reads it: on and on, without asking where it is, which some formats cannot tell."""

        class Sequential(_soundfile().SoundFile):  # type: ignore[misc]
            def seekable(self) -> bool:
                return False

        if part.pieces is None:
            return Sequential(self._path)
        return Sequential(Pieces(self._stack.enter_context(self._path.open("rb")), part))

    def _frames_of_all(self) -> int:
        """Of all parts together, at the rate of the first."""
        total = 0.0
        for part in self._parts.parts:
            with suppress(_soundfile().LibsndfileError), self._opened(part) as file:
                total += _counted(file, part) * self.rate / file.samplerate
        return round(total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def seconds(self) -> float:
        """How long it lasts, as the file says."""
        return self.frames / self.rate

    def _check(self, rate: int, channels: int) -> None:
        if not RATES[0] <= rate <= RATES[1]:
            raise self.source.refuse(
                f"says that it has {rate} samples a second, which cannot be: export it again with 8000 to 48000"
            )
        if channels > CHANNELS:
            raise self.source.refuse(
                f"has {channels} channels, and at most {CHANNELS} can be read: mix it to one or two first"
            )

    def _not_audio(self, error: Exception) -> StudioError:
        if self.bytes == 0:
            return self.source.refuse("is empty: copy or record it again")
        if self._path.suffix.lower() in FOREIGN:
            return self.source.refuse("is of a kind that cannot be read; convert it to WAV, FLAC, OGG or MP3 first")
        log.info("%s: %s", self.source.name, error)
        return self.source.refuse(
            "is damaged at its beginning, or holds sound of an unknown kind: copy it again, or convert it to WAV, "
            "FLAC, OGG, MP3 or AIFF"
        )

    def blocks(self, *, rate: int | None = None, mono: bool = False) -> Iterator[NDArray[np.float32]]:
        """All of it from the beginning, ``[n, C]`` at a time; the frames after a damaged place are left out.

        Args:
            rate: samples per second wanted; None: as they are.
            mono: whether all channels shall be mixed into one.
        """
        channels = 1 if mono else self.channels
        resampler = None if rate in (None, self.rate) else Resampler(self.rate, float(rate or 0), channels)
        for block in self._raw_blocks():
            self.source.check_cancelled()
            if mono and self.channels > 1:
                block = block.mean(1, keepdims=True, dtype=np.float32)
            yield block if resampler is None else resampler.push(block)
        if resampler is not None and resampler.taken:
            yield resampler.push(np.zeros((0, channels), np.float32), last=True)

    def _raw_blocks(self) -> Iterator[NDArray[np.float32]]:
        library = _soundfile()
        count = 0
        try:
            for part in self._parts.parts:
                for block in self._blocks_of(part):
                    count += len(block)
                    yield block
        except library.LibsndfileError as error:
            if count == 0:
                raise self._not_audio(error) from error
            log.info("%s: %s", self.source.name, error)
            self.source.note(f"is damaged after {count / self.rate:.1f} s; the rest was left out")
        else:
            self._note_length(count)

    def _blocks_of(self, part: Part) -> Iterator[NDArray[np.float32]]:
        """All of a part, with the rate and the channels of the first one."""
        with self._opened(part) as file:
            self._check(file.samplerate, file.channels)
            size = _SMALL_BLOCK if file.format == "FLAC" else _BLOCK
            left = part.most
            resampler = Resampler(file.samplerate, float(self.rate), self.channels)
            another_rate = file.samplerate != self.rate
            while len(block := file.read(size, dtype="float32", always_2d=True)):
                if left is not None:
                    block, left = block[:left], max(0, left - len(block))
                if file.channels != self.channels:
                    block = np.repeat(block.mean(1, keepdims=True, dtype=np.float32), self.channels, 1)
                yield resampler.push(block) if another_rate else block
            if another_rate and resampler.taken:
                yield resampler.push(np.zeros((0, self.channels), np.float32), last=True)

    def _note_length(self, count: int) -> None:
        """Tell of a file that ends before it should, as a download does that broke off, or that goes on after."""
        claimed = self._parts.claimed
        if claimed is not None and 0 < claimed < count:
            self.source.note(
                f"says that it lasts {claimed / self.rate:.1f} s; it goes on, and all {count / self.rate:.1f} s came in"
            )
        if 0 < count < self.frames:
            self.source.note(
                f"is cut short: {count / self.rate:.1f} s of {self.frames / self.rate:.1f} s are there, and came in"
            )
        elif count and self._parts.claimed is None and (missing := self._missing_bytes()):
            self.source.note(f"is cut short: {missing:,} bytes are missing at its end; what is there came in")
        elif count and (self._parts.cut or (self._head.startswith(b"OggS") and not self._ogg_ends())):
            self.source.note("is cut short: its end is missing; what is there came in")

    def _missing_bytes(self) -> int:
        """By how much a WAV or AIFF file is smaller than it says; libsndfile silently goes by what is there."""
        order: Literal["little", "big"] = "big" if self._head.startswith(b"FORM") else "little"
        size = int.from_bytes(self._head[4:8], order)
        if not self._head.startswith((b"RIFF", b"FORM")) or size == 0xFFFFFFFF:  # written to a pipe: length unknown
            return 0
        return max(0, size + 8 - self.bytes - 1)  # some writers count a padding byte that they do not write

    def _ogg_ends(self) -> bool:
        """Whether the last page of an Ogg file is whole and says that it is the last (RFC 3533, section 6)."""
        with self._path.open("rb") as file:
            file.seek(max(0, self.bytes - _OGG_PAGE))
            tail = file.read()
        page = tail[max(0, tail.rfind(b"OggS")) :]
        segments = page[26] if len(page) > 26 else 255
        whole = 27 + segments + sum(page[27 : 27 + segments])
        return len(page) >= whole and bool(page[5] & 4)


def _counted(file: Any, part: Part) -> int:
    """Frames of a part: as they were counted, or as libsndfile says; 0 where neither is known."""
    if part.frames is not None:
        return part.frames
    frames = 0 if file.frames > VALUES * CHANNELS else int(file.frames)
    return frames if part.most is None else min(frames, part.most)


def write_recording(recording: Recording, path: str | os.PathLike[str], width: Width = 16) -> Path:
    """Write a WAV or FLAC file, whole or not at all; samples beyond full scale are clipped unless width is "float".

    Args:
        recording: what to write.
        path: where to; its ending says the format.
        width: bits per sample, 16 or 24, or "float" (WAV only).

    Raises:
        StudioError: an unknown ending, or a place that cannot be written to.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in WRITTEN:
        raise StudioError(
            f"{printable(str(target))}: the ending {ending!r} is unknown for sound; known are {', '.join(WRITTEN)}."
        )
    if width == "float" and ending == ".flac":
        raise StudioError(f"{printable(str(target))}: FLAC holds whole numbers only; choose 16 or 24 bits, or .wav.")
    subtype = "FLOAT" if width == "float" else f"PCM_{width}"
    file = io.BytesIO()
    library = _soundfile()
    try:
        with library.SoundFile(
            file, "w", recording.rate, recording.channels, subtype=subtype, format=ending[1:].upper()
        ) as output:
            for start in range(0, len(recording), _BLOCK):
                block = recording.samples[start : start + _BLOCK]
                output.write(block if width == "float" else _rounded(block, width))
    except library.LibsndfileError as error:
        raise StudioError(
            f"{printable(str(target))}: {ending[1:].upper()} cannot hold {recording.channels} channels of "
            f"{recording.rate} samples a second; resample the recording or mix it to mono."
        ) from error
    atomic.write_bytes(target, file.getvalue())
    return target


def _rounded(samples: NDArray[np.float32], bits: int) -> NDArray[np.int32]:
    """To the nearest step, in the highest bits; libsndfile itself would round down."""
    full = 2 ** (bits - 1)
    steps = np.clip(np.rint(samples * np.float64(full)), -full, full - 1)
    return steps.astype(np.int32) << (32 - bits)


def _soundfile() -> ModuleType:
    try:
        import soundfile
    except (OSError, ImportError) as error:
        raise StudioError(
            "Audio files need the libsndfile library: install it (Debian, Ubuntu: sudo apt install libsndfile1), or "
            "run pip install --force-reinstall soundfile."
        ) from error
    module: ModuleType = soundfile
    return module


_PARTED_AT = re.compile(r"[_\- ]+")
_TAKE = re.compile(r"(take)?\(?\d+\)?", re.IGNORECASE)


def labels_from_names(names: list[str]) -> dict[str, str]:
    """Labels that a collection's file names speak: ``7_jackson_32.wav`` is "7, jackson", ``yes-2.wav`` a "yes".

    Names are parted at ``_``, ``-`` and spaces. The parts that tell groups of several files apart are named, with
    commas between them; those that all files share are not, nor a number at the end, which only counts the takes. Where
    some names have more parts than others, only the first of each is looked at.

    Args:
        names: of the files of one folder.

    Returns:
        a label for every name; nothing where a name has but one part, or their first parts tell no groups apart.
    """
    parts = {name: _PARTED_AT.split(Path(name).stem) for name in names}
    counts = {len(found) for found in parts.values()}
    if not parts or min(counts) < 2 or not all(found[0] for found in parts.values()):
        return {}
    columns = list(zip(*parts.values(), strict=True)) if len(counts) == 1 else [[found[0] for found in parts.values()]]
    if len(columns) > 1 and all(_TAKE.fullmatch(part) for part in columns[-1]):
        del columns[-1]
    told = [column for column in columns if 2 <= len(set(column)) <= len(names) / 2]
    return {name: ", ".join(filter(None, found)) for name, found in zip(names, zip(*told, strict=True), strict=False)}
