"""Sound files as nobody wants them: odd ones that come in all the same, and damaged ones that are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

RATE = 8000
CHANCE = np.random.default_rng(0)
WAVE = (0.1 * CHANCE.standard_normal((4000, 1))).astype(np.float32)
LONG = np.tile(WAVE, (20, 1))
TONE = (np.sin(2 * np.pi * 440 * np.arange(48000) / 48000) / 2).astype(np.float32)[:, None]
HOUR = np.zeros((3_600_000, 1), np.float32)  # at 1000 samples a second


def encoded(samples: np.ndarray, rate: int, form: str, subtype: str | None = None) -> bytes:
    """Samples ``[N, C]`` as a sound file."""
    file = BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def patched(data: bytes, **changes: bytes) -> bytes:
    """With other bytes at the places ``at_24=...``."""
    result = bytearray(data)
    for place, value in changes.items():
        at = int(place.removeprefix("at_"))
        result[at : at + len(value)] = value
    return bytes(result)


WAV = encoded(WAVE, RATE, "WAV", "PCM_16")
FLAC = encoded(WAVE, RATE, "FLAC")
OGG = encoded(WAVE, RATE, "OGG")
MP3 = encoded(TONE, 48000, "MP3")
AIFF = encoded(WAVE, RATE, "AIFF")
UNKNOWN_LENGTH = b"\xff" * 4
CAF = encoded(WAVE, RATE, "CAF", "PCM_16")
AU = encoded(WAVE, RATE, "AU", "PCM_16")
RF64 = encoded(WAVE, RATE, "RF64", "PCM_16")
OPUS = encoded(WAVE, RATE, "OGG", "OPUS")
GSM = encoded(TONE[:4000], RATE, "WAV", "GSM610")


def without_xing(data: bytes) -> bytes:
    """An MP3 file of 16,000 samples a second without its first frame, which says how many there are."""
    kilobits = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)[data[2] >> 4]
    return data[72 * kilobits * 1000 // 16000 :]


SOFT_FIRST = encoded(np.concatenate([np.zeros((16000, 1), np.float32), np.tile(WAVE, (8, 1))]), 16000, "MP3")
MP3_FRAMES = int.from_bytes(SOFT_FIRST[21:25], "big") * 576  # as its first frame says
BARE = without_xing(SOFT_FIRST)
TITLE = b"ID3\x04\0\0\0\0\x01\0" + b"\xff\xfb\x90\x00" * 32


class Odd(NamedTuple):
    """A file that comes in: how many frames of it (None: some), and what is said about it, "" for nothing."""

    name: str
    data: bytes
    frames: int | None
    said: str = ""


class Damaged(NamedTuple):
    """A file that is refused, and with which words."""

    name: str
    data: bytes
    said: str


ODD = (
    Odd("one.wav", encoded(WAVE[:1], RATE, "WAV"), 1),
    Odd("8 bits.wav", encoded(WAVE, RATE, "WAV", "PCM_U8"), 4000),
    Odd("24 bits.wav", encoded(WAVE, RATE, "WAV", "PCM_24"), 4000),
    Odd("32 channels.wav", encoded(np.tile(WAVE, (1, 32)), RATE, "WAV"), 4000),
    Odd("pipe.wav", patched(WAV, at_4=UNKNOWN_LENGTH, at_40=UNKNOWN_LENGTH), 4000),
    Odd(
        "hour.wav", patched(encoded(HOUR, 1000, "WAV", "PCM_U8"), at_4=UNKNOWN_LENGTH, at_40=UNKNOWN_LENGTH), 3_600_000
    ),
    Odd("cut.wav", WAV[:4044], 2000, "cut short: 3,999 bytes are missing"),
    Odd("odd.wav", WAV[:4045], 2000, "cut short"),
    Odd("huge length.wav", patched(WAV, at_4=b"\xf0\xff\xff\x7f", at_40=b"\x00\xff\xff\x7f"), 4000, "cut short"),
    Odd("huge length.aiff", patched(AIFF, at_22=b"\x7f\xff\xff\xff"), 4000),
    Odd("cut.aiff", AIFF[:4054], 2000, "cut short"),
    Odd("cut.mp3", MP3[:4000], None, "cut short"),
    Odd("garbage first.mp3", CHANCE.bytes(3000) + MP3, 48000),
    Odd("garbage within.mp3", MP3[:3000] + CHANCE.bytes(2000) + MP3[5000:], None, "cut short"),
    Odd("cut.flac", encoded(LONG, RATE, "FLAC")[:100_000], None, "damaged after"),
    Odd("cut.ogg", encoded(LONG, RATE, "OGG")[:35_000], None, "cut short: its end is missing"),
    Odd(
        "nan.wav", encoded(np.float32([[np.nan], [np.inf], [0.5]]), RATE, "WAV", "FLOAT"), 3, "2 samples are no numbers"
    ),
    Odd("loud.wav", encoded(32768 * WAVE, RATE, "WAV", "FLOAT"), 4000, "where 1 is full scale"),
    Odd("hot.wav", encoded(10 * WAVE, RATE, "WAV", "FLOAT"), 4000),
    Odd("named.flac.wav", FLAC, 4000),
    Odd("named.ogg", WAV, 4000),
    Odd("junk after.wav", WAV + b"LIST" + bytes(40), 4000),
    Odd("never filled in.wav", patched(WAV, at_4=bytes(4), at_40=bytes(4)), 4000),
    Odd("no length.wav", patched(WAV, at_40=bytes(4)), 4000),
    Odd("silence never filled in.wav", patched(WAV, at_40=bytes(8004)), 4000),
    Odd("filled in once.wav", patched(WAV, at_40=b"\xa0\x0f\0\0"), 4000, "says that it lasts 0.2 s; it goes on"),
    Odd("never filled in.rf64", patched(RF64, at_20=bytes(24), at_100=bytes(4)), 4000),
    Odd("never filled in.aiff", patched(AIFF, at_42=b"\0\0\0\x08"), 4000),
    Odd("never filled in.caf", patched(CAF, **{f"at_{CAF.index(b'data') + 4}": bytes(8)}), 4000),
    Odd("to a pipe.caf", patched(CAF, **{f"at_{CAF.index(b'data') + 4}": b"\xff" * 8}), 4000),
    Odd("never filled in.au", patched(AU, at_8=bytes(4)), 4000),
    Odd("never filled in.flac", patched(FLAC, at_21=b"\xf0\0\0\0\0"), 4000),
    Odd("too short.flac", patched(FLAC, at_21=b"\xf0\0\0\x07\xd0"), 4000, "says that it lasts 0.2 s; it goes on"),
    Odd("too long.flac", patched(FLAC, at_21=b"\xf0\0\0\x1f\x40"), 4000, "cut short: 0.5 s of 1.0 s"),
    Odd("phone.wav", GSM, 4000),
    Odd("cut phone.wav", GSM[:-40], 3840, "cut short"),
    Odd("chained.ogg", OGG + encoded(WAVE[::-1], RATE, "OGG") + OGG, 12000),
    Odd("chained.opus", OPUS + encoded(WAVE[::-1], RATE, "OGG", "OPUS"), 8000),
    Odd("chained of two kinds.ogg", OGG + OPUS, 8000),
    Odd("chained of two rates.ogg", OGG + encoded(WAVE, 16000, "OGG"), 6000),
    Odd("chained, then stereo.ogg", OGG + encoded(np.tile(WAVE, (1, 2)), RATE, "OGG"), 8000),
    Odd("no xing.mp3", BARE, MP3_FRAMES),
    Odd("vbri.mp3", patched(SOFT_FIRST, at_13=bytes(4), at_36=b"VBRI"), MP3_FRAMES),
    Odd("no xing, titled.mp3", TITLE + TITLE + BARE + b"TAG" + bytes(125), MP3_FRAMES),
    Odd("no xing, filled up.mp3", BARE + bytes(3000), MP3_FRAMES),
    Odd("no xing, cut.mp3", BARE[:-10], MP3_FRAMES - 576, "cut short: its end is missing"),
    Odd("joined.mp3", SOFT_FIRST + TITLE + SOFT_FIRST, 2 * MP3_FRAMES, "it goes on"),
    Odd("joined, another rate.mp3", BARE + without_xing(encoded(TONE[:40000], 16000, "MP3")) + MP3, None),
)

DAMAGED = (
    Damaged("empty.wav", b"", "is empty: copy"),
    Damaged("no sound.wav", encoded(WAVE[:0], RATE, "WAV"), "holds no sound: record"),
    Damaged("header.wav", WAV[:44], "holds no sound: record"),
    Damaged("half a sample.wav", WAV[:45], "holds no sound: record"),
    Damaged("no sound, but a title.wav", WAV[:40] + bytes(4) + b"LIST\x04\0\0\0abcd", "holds no sound: record"),
    Damaged("half a header.wav", WAV[:30], "damaged at its beginning"),
    Damaged("words.wav", b"this is no sound" * 20, "damaged at its beginning"),
    Damaged("one word.flac", b"sound", "damaged at its beginning"),
    Damaged("zeros.wav", bytes(5000), "damaged at its beginning"),
    Damaged("picture.wav", b"\x89PNG\r\n\x1a\n" + bytes(300), "of an unknown kind"),
    Damaged("film.wav", b"RIFF\x10\0\0\0AVI " + bytes(100), "of an unknown kind"),
    Damaged("no rate.wav", patched(WAV, at_24=bytes(4)), "damaged at its beginning"),
    Damaged("absurd rate.wav", patched(WAV, at_24=b"\xff\xff\xff\x7f"), "2147483647 samples a second"),
    Damaged("slow.wav", patched(WAV, at_24=b"\x0a\x00\x00\x00"), "10 samples a second"),
    Damaged("no channels.wav", patched(WAV, at_22=bytes(2)), "damaged at its beginning"),
    Damaged("33 channels.wav", encoded(np.tile(WAVE, (1, 33)), RATE, "WAV"), "33 channels, and at most 32"),
    Damaged("a thousand channels.wav", patched(WAV, at_22=b"\xe8\x03"), "1000 channels"),
    Damaged("no bits.wav", patched(WAV, at_34=bytes(2)), "damaged at its beginning"),
    Damaged("unknown coding.wav", patched(WAV, at_20=b"\x77\x77"), "of an unknown kind"),
    Damaged("header.flac", FLAC[:60], "damaged at its beginning"),
    Damaged("damaged.flac", patched(FLAC, at_100=bytes(300)), "damaged at its beginning"),
    Damaged("huge length.flac", patched(FLAC, at_21=b"\x0f\xff\xff\xff\xff"), "damaged at its beginning"),
    Damaged("header.ogg", OGG[:60], "damaged at its beginning"),
    Damaged("half.ogg", OGG[:3000], "holds no sound"),
    Damaged("header.mp3", MP3[:60], "damaged at its beginning"),
    Damaged("garbage.mp3", CHANCE.bytes(5000), "damaged at its beginning"),
    Damaged("title only.mp3", b"ID3\x04\0\0\0\0\x0f\x76" + bytes(2000), "damaged at its beginning"),
    Damaged("header.aiff", AIFF[:20], "damaged at its beginning"),
    Damaged("video.m4a", b"\x00\x00\x00\x20ftypM4A " + bytes(500), "convert it to WAV"),
    Damaged("video.webm", b"\x1aE\xdf\xa3" + bytes(500), "convert it to WAV"),
)


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder.wav": (Path.mkdir, "choose the sound file itself"),
    "pipe for ever.wav": (os.mkfifo, "choose the sound file itself"),
    "link to itself.wav": (_link_to_itself, "a link that leads nowhere"),
    "not there.wav": (lambda path: None, "look whether it was moved"),
}
"""What is no file at all: how to make it, and the words it is refused with."""
