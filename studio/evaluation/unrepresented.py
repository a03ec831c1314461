"""What a representation cannot express of material: characters it does not know, notes outside its keys.

A bound never gets better by what was left out or changed: writing it down beside the model has its price, in nats, and
without knowing anything of it. What the frames say and that price together are a code for the material as it is, so the
figure is a bound on its log likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from studio.sequences.characters import CharacterRepresentation
from studio.sequences.roll import PITCHES, Roll, at_rate
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
            likelihood. Empty where all is represented.
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
        sequences: what the model is scored on; the end of each material where that was held back.
    """
    if isinstance(representation, CharacterRepresentation):
        return _characters(representation, sequences)
    if isinstance(representation, RollRepresentation):
        return _notes(representation, materials, sequences)
    return Unrepresented()


def nats_beside(representation: object, sequences: Sequence[FrameSequence]) -> tuple[float, ...]:
    """What each sequence costs beside the model, in nats; empty where all is represented."""
    found: list[float] = []
    if isinstance(representation, CharacterRepresentation):
        each = _nats_of_character(representation)
        found = [each * int((sequence.frames[:, 0] == 0).sum()) for sequence in sequences]
    elif isinstance(representation, RollRepresentation):
        found = [_nats_of_notes(sequence, PITCHES - representation.constants.pitches) for sequence in sequences]
    return tuple(found) if any(found) else ()


def _nats_of_character(representation: CharacterRepresentation) -> float:
    """Of naming a character that is not known, among all others of Unicode."""
    return math.log(UNICODE_CHARACTERS - len(representation.constants.characters))


def _nats_of_notes(sequence: FrameSequence, pitches: int) -> float:
    """Of saying which notes sound that the model has no keys for.

    The frames have them in another octave. So it is to be said how many there are, in which frames and at which pitches
    of those beyond the keys, all equally likely, and of each whether the key that stands for it sounds as well.
    """
    count = 0 if sequence.outside is None else int(sequence.outside.sum())
    if count == 0:
        return 0.0
    places = len(sequence) * pitches
    ways = math.lgamma(places + 1) - math.lgamma(count + 1) - math.lgamma(places - count + 1)
    return math.log(places) + ways + count * math.log(2)


def _characters(representation: CharacterRepresentation, sequences: Sequence[FrameSequence]) -> Unrepresented:
    count = sum(int((sequence.frames[:, 0] == 0).sum()) for sequence in sequences)
    total = sum(map(len, sequences))
    if not count:
        return Unrepresented(0, total)
    each = _nats_of_character(representation)
    sentence = (
        f"{count:,} of {total:,} characters ({count / total:.2%}) are not known to the model: each costs "
        f"{each:.2f} nats more, to name it among all others of Unicode; the bound has them in it"
    )
    return Unrepresented(count, total, nats_beside(representation, sequences), sentence)


def _notes(
    representation: RollRepresentation, materials: Sequence[object], sequences: Sequence[FrameSequence]
) -> Unrepresented:
    count = sum(0 if sequence.outside is None else int(sequence.outside.sum()) for sequence in sequences)
    if not count:
        return Unrepresented()
    total = 0
    for material, sequence in zip(materials, sequences, strict=True):
        assert isinstance(material, Roll)
        total += int(at_rate(material, representation.constants.rate).keys[-len(sequence) :].sum())
    nats = nats_beside(representation, sequences)
    sentence = (
        f"{count:,} of {total:,} frames of notes ({count / total:.2%}) lie outside the model's keys: they are scored "
        f"in another octave, each costs {sum(nats) / count:.2f} nats more, to say where; the bound has them in it"
    )
    return Unrepresented(count, total, nats, sentence)
