"""Places on the Earth as metres, by a projection that is true near where they are."""

from __future__ import annotations

import numpy as np

from studio.files.columns import FloatArray

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
