"""Makes the sample speech in speech/ beside this file: words, spoken by the voices of eSpeak NG.

Run ``python sample_data/make_speech.py`` from the top of the repository to write the files again. It needs espeak-ng
(made with 1.51; Debian, Ubuntu: sudo apt install espeak-ng) and the studio's own reading and trimming of recordings.

Each voice says each word twice, with another pitch and pace. The recordings are resampled to 16,000 samples a second,
trimmed, brought to one loudness, and rounded to 12 bits, which a FLAC file holds in half the space of 16.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from studio.files.audio import read_recording, write_recording
from studio.sequences.recording import Recording, trimmed

SEED = 1983
TAKES = 2
RATE = 16_000  # samples per second
BITS = 12
LEVEL = 0.06  # root mean square, 1 being full scale: quiet enough that no peak is clipped

WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("red", "green", "blue", "yellow", "black", "white"),
    *("yes", "no", "hello", "goodbye", "left", "right", "stop", "go"),
)


@dataclass(frozen=True)
class Voice:
    """How somebody speaks.

    Attributes:
        name: in the files' names.
        voice: espeak-ng's name of it: a language, and a variant of a voice.
        pitch: 0 to 99, espeak-ng's measure.
        pace: words a minute.
    """

    name: str
    voice: str
    pitch: int
    pace: int


VOICES = (
    Voice("anna", "en-gb+f3", 55, 175),
    Voice("ben", "en-us+m3", 40, 185),
    Voice("clara", "en-us+f2", 50, 165),
    Voice("david", "en-gb-scotland+m7", 45, 175),
)


def spoken(word: str, voice: Voice, take: int) -> Recording:
    """One word; each has its own chance, so that another word changes no other."""
    chance = np.random.default_rng([SEED, take, *word.encode(), *voice.name.encode()])
    pitch = voice.pitch + int(chance.integers(-6, 7))
    pace = round(voice.pace * chance.uniform(0.9, 1.1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "word.wav")
        options = ["-v", voice.voice, "-p", str(pitch), "-s", str(pace), "-w", str(path)]
        subprocess.run(["espeak-ng", *options, word], check=True)
        recording = trimmed(read_recording(path, rate=RATE, mono=True))
    samples = recording.mono * (LEVEL / np.sqrt(np.mean(recording.mono**2)))
    step = 2.0 ** (1 - BITS)
    return Recording(np.clip(step * np.rint(samples / step), -1, 1 - step), RATE, f"{word}, {voice.name}")


def recordings() -> Iterator[tuple[str, Recording]]:
    """All of them with the names of their files."""
    for word in WORDS:
        for voice in VOICES:
            for take in range(1, TAKES + 1):
                yield f"{word}_{voice.name}_{take}.flac", spoken(word, voice, take)


def main() -> None:
    """Write every file into speech/ beside this one."""
    folder = Path(__file__).parent / "speech"
    folder.mkdir(exist_ok=True)
    for name, recording in recordings():
        write_recording(recording, folder / name)


if __name__ == "__main__":
    main()
