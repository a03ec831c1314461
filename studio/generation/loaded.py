"""A model that is ready to draw, speak, write or play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio.errors import StudioError
from studio.sequences.characters import CharacterRepresentation
from studio.sequences.material import FloatArray
from studio.sequences.representations import AnyRepresentation, DrawingRepresentation
from studio.sequences.roll_frames import RollRepresentation
from studio.sequences.speech.representation import SpeechRepresentation

if TYPE_CHECKING:
    from studio.models.sequence_model import SequenceModel


@dataclass(frozen=True)
class Loaded:
    """A model to draw or speak with.

    Attributes:
        step: updates that its weights have had.
        box: smallest and largest (x, y) between which its drawings typically lie.
        of_series: whether all of them are series.
    """

    model: SequenceModel
    representation: AnyRepresentation
    step: int = 0
    box: tuple[FloatArray, FloatArray] = (np.full(2, -1.0), np.full(2, 1.0))
    of_series: bool = False

    @property
    def pens(self) -> DrawingRepresentation:
        """Its representation of drawings.

        Raises:
            StudioError: it has learned from something else.
        """
        if isinstance(self.representation, DrawingRepresentation):
            return self.representation
        raise StudioError("This run has learned from other material than drawings: it cannot draw.")

    @property
    def speech(self) -> SpeechRepresentation:
        """Its representation of recordings.

        Raises:
            StudioError: it has learned from something else.
        """
        if isinstance(self.representation, SpeechRepresentation):
            return self.representation
        raise StudioError("This run has learned from other material than recordings: it cannot speak.")

    @property
    def rolls(self) -> RollRepresentation:
        """Its representation of piano rolls.

        Raises:
            StudioError: it has learned from something else.
        """
        if isinstance(self.representation, RollRepresentation):
            return self.representation
        raise StudioError("This run has learned from other material than piano rolls: it cannot play notes.")

    @property
    def characters(self) -> CharacterRepresentation:
        """Its representation of texts.

        Raises:
            StudioError: it has learned from something else.
        """
        if isinstance(self.representation, CharacterRepresentation):
            return self.representation
        raise StudioError("This run has learned from other material than texts: it cannot write.")
