"""Whatever the bytes, a reader gives drawings or a StudioError, and nothing else escapes."""

import pytest
from damage import damaged
from good_files import GOOD, NAME, ROLLS, attempt, attempt_rolls
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.files.readers import Format, sniff
from studio.files.source import Source

READERS = sorted({form.name: form for form, _ in GOOD}.items())


@pytest.mark.parametrize(("name", "form"), READERS)
@settings(max_examples=50)
@given(data=st.binary(max_size=200))
@example(data=b"")
def test_random_bytes(name: str, form: Format, data: bytes) -> None:
    attempt(form, data)


@pytest.mark.parametrize(("name", "form"), READERS)
@settings(max_examples=50)
@given(text=st.text("0123456789.,;:-+eENaInf \t\n\"'!*?#<>/[]{}()xyMLCAz", max_size=80))
def test_random_characters(name: str, form: Format, text: str) -> None:
    attempt(form, text.encode())


@pytest.mark.parametrize("case", range(len(GOOD)), ids=lambda i: GOOD[i][0].name)
@settings(max_examples=60)
@given(data=st.data())
def test_good_files_with_a_few_bytes_changed(case: int, data: st.DataObject) -> None:
    form, good = GOOD[case]
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        end = data.draw(st.integers(at, min(at + 5, len(changed))))
        changed[at:end] = data.draw(
            st.one_of(st.binary(max_size=5), st.sampled_from([b"", b"9" * 20, b"-", b"e999", b"\n"]))
        )
        if not changed:
            break
    attempt(form, bytes(changed))


@pytest.mark.parametrize("case", range(len(GOOD)), ids=lambda i: GOOD[i][0].name)
def test_good_files_are_good_and_may_end_anywhere(case: int) -> None:
    form, good = GOOD[case]
    assert list(form.read(Source(NAME, good)))
    for end in range(0, len(good), max(1, len(good) // 150)):
        attempt(form, good[:end])


@given(st.binary(max_size=200))
def test_sniffing_never_fails(data: bytes) -> None:
    form = sniff(data)
    if form is not None:
        attempt(form, data)


@settings(max_examples=150, deadline=None)
@given(data=damaged(ROLLS))
def test_damaged_piano_rolls(data: bytes) -> None:
    attempt_rolls(data)


@settings(max_examples=50)
@given(text=st.text("01.,;:-+eENaInf \t\n\"'#CDb", max_size=80))
def test_random_characters_as_piano_rolls(text: str) -> None:
    attempt_rolls(text.encode())
