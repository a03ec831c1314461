"""What all benchmarks write into."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from contest import Book


@pytest.fixture(scope="session")
def book() -> Iterator[Book]:
    """Written down when everything has been measured."""
    book = Book()
    yield book
    book.write(Path(__file__).parent.parent.parent / "BENCHMARKS.md")
