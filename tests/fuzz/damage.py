"""Damaged files: good ones with a few places changed, parts of two joined, and nonsense."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

PIECES = (b"", b"9" * 20, b"-", b"e999", b"\n", b"nan", b"\x00", b"\xff" * 8, b"\x7f\xff\xff\xff", b"1e308", b"<", b"[")
NONSENSE = "0123456789.,;:-+eENaInf \t\n\"'!*?#<>/[]{}()xyMLCAz"


@st.composite
def damaged(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """A good file with one to four pieces replaced, cut off or repeated; now and then plain nonsense."""
    kind = draw(st.integers(0, 19))
    if kind == 0 or not good:
        return draw(st.binary(max_size=200))
    if kind == 1:
        return draw(st.text(NONSENSE, max_size=80)).encode()
    data = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 4))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        length = draw(st.integers(0, 8))
        data[at : at + length] = draw(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES)))
    if kind == 2:
        other = draw(st.sampled_from(good))
        return bytes(data[: draw(st.integers(0, len(data)))]) + other[draw(st.integers(0, len(other))) :]
    return bytes(data[: draw(st.integers(0, len(data)))]) if kind == 3 else bytes(data)
