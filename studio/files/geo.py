"""Places on the Earth as metres, by a projection that is true near where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from studio.errors import StudioError
from studio.files.columns import Column, FloatArray, drawing_from_table
from studio.files.source import Source
from studio.sequences.material import Drawing

EARTH_RADIUS = 6_371_008.8
"""Metres, of the sphere with the mean radius of the WGS 84 ellipsoid (IUGG)."""


def metres(longitude: FloatArray, latitude: FloatArray) -> FloatArray:
    """Metres east and north of the first place, ``[N, 2]``: the equirectangular projection about the middle latitude.

    Within 10 km of its middle it is true to 0.1% up to 60 degrees of latitude. The way may cross the date line.

    Args:
        longitude: ``[N]`` degrees; NaN where a place is not known.
        latitude: ``[N]`` degrees.
    """
    known = np.flatnonzero(~(np.isnan(longitude) | np.isnan(latitude)))
    if not len(known):
        return np.full((len(longitude), 2), np.nan)
    first = known[0]
    east = (longitude - longitude[first] + 180.0) % 360.0 - 180.0
    middle = float((latitude[known].min() + latitude[known].max()) / 2)
    degree = np.pi / 180.0 * EARTH_RADIUS
    return np.stack([east * degree * np.cos(np.radians(middle)), (latitude - latitude[first]) * degree], 1)


@dataclass(frozen=True, eq=False)
class Way:
    """One unbroken way.

    Attributes:
        places: ``[N, 2]`` degrees, longitude and latitude.
        times: ``[N]`` seconds since 1970, NaN where a place has none; None where no place has one.
    """

    places: FloatArray
    times: FloatArray | None = None


def drawing_of_ways(source: Source, ways: Sequence[Way], label: str, part: str) -> Drawing:
    """Ways as the strokes of one drawing, in metres, y to the north; their times where all have them.

    Raises:
        StudioError: places that there are not, or more than there is room for.
    """
    places = np.concatenate([way.places for way in ways])
    if not ((np.abs(places[:, 0]) <= 360) & (np.abs(places[:, 1]) <= 90)).all():
        raise source.refuse("holds a latitude or longitude that there is not; expected degrees", part=part)
    points = metres(places[:, 0], places[:, 1])
    columns = [Column("x"), Column("y")]
    values = [points[:, 0], points[:, 1]]
    times = _times(source, ways)
    if times is not None:
        values.append(times)
        columns.append(Column("time", 1.0))
    begins = np.concatenate([np.arange(len(way.places)) == 0 for way in ways]).astype(np.float64)

    def refuse(what: str, row: int | None) -> StudioError:
        return source.refuse(what, part=part)

    drawing = drawing_from_table(np.stack(values, 1), refuse, columns=columns, begins=begins)
    source.assume("longitude and latitude became metres east and north of the first place")
    return Drawing(drawing.strokes, label, y_up=True)


def _times(source: Source, ways: Sequence[Way]) -> FloatArray | None:
    """The times of all places, ``[N]``; None where one of them has none. What is lost or changed is said."""
    known = [way.times for way in ways if way.times is not None]
    if any(np.isnan(times).any() for times in known) or 0 < len(known) < len(ways):
        source.assume("times are kept only where every place has one")
        return None
    if not known:
        return None
    if any((np.diff(times) < 0).any() for times in known):
        source.assume("times that fall within a stroke were raised to those before them")
    return np.concatenate(known)


def moment(text: str) -> float | None:
    """The seconds since 1970 of a time as GPX, KML and GeoJSON write it; None where it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def times_or_none(times: Sequence[float | None]) -> FloatArray | None:
    """The times, ``[N]``, NaN where one is not known; None where none is."""
    if all(time is None for time in times):
        return None
    return np.array([np.nan if time is None else time for time in times])
