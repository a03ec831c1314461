"""What a representation cannot express of material: characters it does not know, notes outside its keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.sequences.characters import CharacterRepresentation
from studio.sequences.roll import Roll
from studio.sequences.roll_frames import RollRepresentation
from studio.sequences.sequence import Sequence as FrameSequence

UNICODE_CHARACTERS = 0x110000 - 0x800  # code points without surrogates


@dataclass(frozen=True)
class Unrepresented:
    """How much of the material measured on is not what the model was scored on.

    Attributes:
        count: how many characters, or how many frames of notes.
        total: of how many.
        nats: ``[N]`` what writing them down takes beside the model, per sequence; it belongs to the negative log
            likelihood. Zero for notes, of which no probability can be given.
        sentence: what to tell the user, "" where all is represented.
    """

    count: int = 0
    total: int = 0
    nats: tuple[float, ...] = ()
    sentence: str = ""


def unrepresented(
    representation: object, materials: Sequence[object], sequences: Sequence[FrameSequence]
) -> Unrepresented:
    """Count it.

    Args:
        representation: of the model; only those of texts and piano rolls leave anything out.
        materials: what the sequences were made of.
        sequences: what the model is scored on.
    """
    if isinstance(representation, CharacterRepresentation):
        return _characters(representation, sequences)
    if isinstance(representation, RollRepresentation):
        return _notes(representation, materials)
    return Unrepresented()


def _characters(representation: CharacterRepresentation, sequences: Sequence[FrameSequence]) -> Unrepresented:
    unknown = [int((sequence.frames[:, 0] == 0).sum()) for sequence in sequences]
    count, total = sum(unknown), sum(map(len, sequences))
    if not count:
        return Unrepresented(0, total)
    each = math.log(UNICODE_CHARACTERS - len(representation.constants.characters))
    sentence = (
        f"{count:,} of {total:,} characters ({count / total:.2%}) are not known to the model: each costs "
        f"{each:.2f} nats more, to name it among all others of Unicode; the bound has them in it"
    )
    return Unrepresented(count, total, tuple(each * of_one for of_one in unknown), sentence)


def _notes(representation: RollRepresentation, materials: Sequence[object]) -> Unrepresented:
    lowest, pitches = representation.constants.lowest, representation.constants.pitches
    count = total = 0
    for material in materials:
        assert isinstance(material, Roll)
        places = material.lowest + np.arange(material.pitches)
        beyond = (places < lowest) | (places >= lowest + pitches)
        count += int((material.keys[:, beyond] > 0).sum())
        total += int((material.keys > 0).sum())
    if not count:
        return Unrepresented(0, total)
    sentence = (
        f"{count:,} of {total:,} frames of notes ({count / total:.2%}) lie outside the model's keys and were measured "
        "in another octave: this is no bound for the notes as they are, to which the model gives no probability"
    )
    return Unrepresented(count, total, (), sentence)
