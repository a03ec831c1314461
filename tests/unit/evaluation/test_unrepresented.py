"""What a model cannot represent is counted, and never makes a bound better."""

import math

import numpy as np
import pytest

from studio.evaluation.bounds import elbo, iwae
from studio.evaluation.unrepresented import UNICODE_CHARACTERS, unrepresented
from studio.models.building import build_model
from studio.models.settings import LikelihoodSettings, VRNNSettings
from studio.sequences.characters import CharacterRepresentation, CharacterSettings
from studio.sequences.roll import Roll
from studio.sequences.roll_frames import RollRepresentation, RollSettings
from studio.sequences.text import Text


def characters() -> CharacterRepresentation:
    made = CharacterRepresentation(CharacterSettings())
    made.fit([Text("abcd" * 20)])
    return made


def test_an_unknown_character_costs_what_naming_it_takes() -> None:
    made, texts = characters(), [Text("abxd"), Text("abc"), Text("xyzab")]
    sequences = [made.encode(text) for text in texts]
    found = unrepresented(made, texts, sequences)
    each = math.log(UNICODE_CHARACTERS - 4)
    assert (found.count, found.total) == (4, 12)
    assert found.nats == pytest.approx((each, 0.0, 3 * each))
    assert "4 of 12 characters (33.33%)" in found.sentence
    model = build_model(VRNNSettings(likelihood=LikelihoodSettings(kind="categorical")), made.layout, seed=0)
    for measure in (elbo, lambda *given, **told: iwae(*given, 3, **told)):
        plain, honest = measure(model, sequences), measure(model, sequences, beside=found.nats)
        assert honest.per_sequence.mean == pytest.approx(plain.per_sequence.mean - 4 * each / 3, rel=1e-6)
        assert honest.per_frame.mean == pytest.approx(plain.per_frame.mean - 4 * each / 12, rel=1e-6)


def test_nothing_is_said_where_all_is_known() -> None:
    made, text = characters(), Text("dcba")
    found = unrepresented(made, [text], [made.encode(text)])
    assert (found.count, found.nats, found.sentence) == (0, (), "")


def test_notes_outside_the_keys_are_counted() -> None:
    made = RollRepresentation(RollSettings())
    made.fit([Roll(np.ones((8, 12), np.uint8), 8.0, 60)])
    keys = np.zeros((4, 30), np.uint8)
    keys[:, 0] = keys[:3, 29] = 1
    roll = Roll(keys, 8.0, 60)
    found = unrepresented(made, [roll], [made.encode(roll)])
    assert (found.count, found.total, found.nats) == (3, 7, ())
    assert "3 of 7 frames of notes (42.86%) lie outside the model's keys" in found.sentence
