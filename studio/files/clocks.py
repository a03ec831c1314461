"""Times of day and dates in cells of tables, in seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TypeAlias

CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2}(?:[.,][0-9]{1,9})?)(?: ?([ap])\.?m\.?)?", re.IGNORECASE)
DATE = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{1,4}),?[ T]\s*([0-9]{1,2}:[0-9]{2}.*)")
NOON = 12 * 3600.0

Order: TypeAlias = tuple[int, int, int]
"""Where the year, the month and the day stand."""

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = (0, 1, 2), (2, 1, 0), (2, 0, 1)
LOOKED_AT = 1000


def clock(cells: Sequence[str]) -> tuple[Callable[[str], float | None], str]:
    """What makes seconds of the cells of one column, and what was assumed of them, "" where nothing was.

    Dates count since 1970, times of day since midnight. Whether 3/4 is a day in April or in March is told from the
    other cells: by numbers above 12, else by which reading takes less time from the first to the last.
    """
    found = [match for cell in islice(cells, LOOKED_AT) if (match := DATE.fullmatch(cell)) and len(match[1]) < 3]
    order, said = _order(found)
    return lambda cell: _seconds(cell, order), said


def _order(dates: Sequence[re.Match[str]]) -> tuple[Order, str]:
    """Whether the day or the month stands first in dates that end in the year."""
    if not dates or dates[0][2] == "." or any(int(match[1]) > 12 for match in dates):
        return DAY_FIRST, ""
    if any(int(match[3]) > 12 for match in dates):
        return MONTH_FIRST, ""
    if len({match.group(1, 3, 4) for match in dates}) == 1:  # one day, whichever it is
        return DAY_FIRST, ""
    spans = {}
    for order in (DAY_FIRST, MONTH_FIRST):
        times = [time for match in dates if (time := _date(match, order)) is not None]
        spans[order] = max(times, default=0.0) - min(times, default=0.0)
    best = min(spans, key=lambda order: spans[order])
    return best, f"the {'day' if best == DAY_FIRST else 'month'} stands first in dates"


def _seconds(cell: str, order: Order) -> float | None:
    """None for what is neither a date with a time nor a time of day."""
    if match := CLOCK.fullmatch(cell):
        return _time_of_day(match)
    if match := DATE.fullmatch(cell):
        return _date(match, YEAR_FIRST if len(match[1]) == 4 else order)
    if len(cell) < 8 or not cell[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(cell.replace("/", "-"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _time_of_day(match: re.Match[str]) -> float:
    hours, minutes, seconds = int(match[1] or 0), int(match[2]), float(match[3].replace(",", "."))
    total = 3600.0 * hours + 60.0 * minutes + seconds
    if match[4] is None:
        return total
    if match[1] is None:  # 9:05 PM
        total *= 60.0
    return total % NOON + (NOON if match[4].lower() == "p" else 0.0)


def _date(match: re.Match[str], order: Order) -> float | None:
    numbers = [int(match[1]), int(match[3]), int(match[4])]
    year, month, day = (numbers[at] for at in order)
    time = CLOCK.fullmatch(match[5] if match[5].count(":") > 1 else re.sub(r"^([0-9]+:[0-9]+)", r"\1:00", match[5]))
    try:
        midnight = datetime(year + 2000 if year < 100 else year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    if time is not None:
        return midnight.timestamp() + _time_of_day(time)
    try:  # with a time zone
        moment = datetime.fromisoformat(f"{midnight:%Y-%m-%d}T{match[5].strip()}")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
