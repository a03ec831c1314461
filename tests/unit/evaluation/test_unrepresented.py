"""What a model cannot represent is counted, and never makes a bound better."""

import math

import numpy as np
import pytest

from studio.evaluation.bounds import elbo, iwae
from studio.evaluation.unrepresented import UNICODE_CHARACTERS, nats_beside, unrepresented
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


def keyboard() -> RollRepresentation:
    made = RollRepresentation(RollSettings())
    made.fit([Roll(np.ones((8, 12), np.uint8), 8.0, 60)])
    return made


def far_apart() -> Roll:
    """7 frames of notes, 3 of them two octaves above the keys."""
    keys = np.zeros((4, 30), np.uint8)
    keys[:, 0] = keys[:3, 29] = 1
    return Roll(keys, 8.0, 60)


def test_a_note_outside_the_keys_costs_what_it_takes_to_say_where_it_is() -> None:
    made, roll = keyboard(), far_apart()
    sequences = [made.encode(roll), made.encode(Roll(np.ones((4, 12), np.uint8), 8.0, 60))]
    found = unrepresented(made, [roll, roll], sequences)
    places = 4 * (128 - 12)
    price = math.log(places) + math.log(math.comb(places, 3)) + 3 * math.log(2)
    assert (found.count, found.total) == (3, 14)
    assert found.nats == pytest.approx((price, 0.0))
    assert "3 of 14 frames of notes (21.43%) lie outside the model's keys" in found.sentence
    assert f"each costs {price / 3:.2f} nats more" in found.sentence


def test_of_the_end_of_a_roll_its_own_notes_count() -> None:
    made, roll = keyboard(), far_apart()
    end = made.encode(roll).cut(2)
    found = unrepresented(made, [roll], [end])
    assert (found.count, found.total) == (1, 3)
    silent = unrepresented(made, [roll], [made.encode(roll).cut(3)])
    assert (silent.count, silent.nats, silent.sentence) == (0, (), "")


def test_notes_out_of_reach_never_make_a_bound_better() -> None:
    """Whatever the model: the frames are the same where notes an octave higher are folded onto the keys."""
    made = keyboard()
    inside = np.zeros((6, 12), np.uint8)
    inside[:, 3] = 1
    folded = np.zeros((6, 36), np.uint8)
    folded[:, 27] = 1
    pieces = [Roll(inside, 8.0, 60), Roll(folded, 8.0, 60)]
    easy, hard = ([made.encode(piece)] for piece in pieces)
    np.testing.assert_array_equal(easy[0].frames, hard[0].frames)
    model = build_model(VRNNSettings(likelihood=LikelihoodSettings(kind="bernoulli")), made.layout, seed=0)
    plain = elbo(model, easy, beside=nats_beside(made, easy)).per_sequence.mean
    assert elbo(model, hard, beside=nats_beside(made, hard)).per_sequence.mean < plain - 6
