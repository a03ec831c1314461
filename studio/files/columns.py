"""A table of points, one column per quantity, as a drawing: what CSV, NumPy and MATLAB files have in common.

Columns are known by name (see `NAMES`); readings.py finds out what those without names hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.files import limits
from studio.sequences.material import Drawing

FloatArray: TypeAlias = NDArray[np.float64]
Role: TypeAlias = Literal[
    "x", "y", "dx", "dy", "lon", "lat", "pen", "pen down", "pen flag", "stroke", "end", "pressure",
    "pen or pressure", "gap", "time", "value", "group", "label",
]  # fmt: skip
"""What a column may hold. dx, dy: offsets from point to point; lon, lat: degrees; pen: 1 where the pen leaves the paper
after that point; pen flag: 0 and 1, either pen or pen down; end: 1 at the last point of a drawing; group: another value
is another drawing; gap: a change begins another stroke."""

Refuse: TypeAlias = Callable[[str, int | None], StudioError]
"""Makes the error for (what is wrong, in which row counted from 0 or None)."""

LEAST_TICKS = ((1e6, 1e-9), (1e3, 1e-6), (5.0, 1e-3))
"""A clock of unknown unit whose typical step is at least so many ticks has ticks of so many seconds: no pen and no gaze
is sampled every second or more slowly."""

LEAST_TICKS_ON_A_MAP = ((1e8, 1e-9), (1e5, 1e-6), (100.0, 1e-3))
"""The same beside degrees: satellite receivers write a place every tenth of a second to every minute or so."""

DATES = (
    (4.1e8, 4.1e9, 1.0),
    (4.1e11, 4.1e12, 1e-3),
    (4.1e14, 4.1e15, 1e-6),
    (1.2e17, 9e17, 1e-7),
    (1e18, 4.1e18, 1e-9),
)
"""Times since 1970 between 1983 and 2100 in seconds, milliseconds, microseconds; 100 nanoseconds since 1601 or the year
1; nanoseconds since 1970: (from, to, seconds)."""

SLOWEST_DATES = 60.0
"""Seconds from sample to sample, at most, of times since 1970: what is slower is a clock that counts something else."""


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes:
        unit: seconds per unit of a time column, None where its name does not say.
    """

    role: Role
    unit: float | None = None


def _named(role: Role, names: str, unit: float | None = None) -> dict[str, Column]:
    return {name: Column(role, unit) for name in names.split()}


NAMES: dict[str, Column] = {
    **_named("x", "x xs pos_x x_pos posx xpos position_x x_position coord_x x_coord x_coordinate x_px x_mm x_cm x_m"),
    **_named("x", "point_x gaze_x gazex mouse_x cursor_x pen_x stylus_x page_x client_x screen_x easting"),
    **_named("y", "y ys pos_y y_pos posy ypos position_y y_position coord_y y_coord y_coordinate y_px y_mm y_cm y_m"),
    **_named("y", "point_y gaze_y gazey mouse_y cursor_y pen_y stylus_y page_y client_y screen_y northing"),
    **_named("dx", "dx delta_x x_delta deltax d_x x_offset offset_x diff_x x_diff rel_x"),
    **_named("dy", "dy delta_y y_delta deltay d_y y_offset offset_y diff_y y_diff rel_y"),
    **_named("lon", "lon lng long longitude gps_lon gps_lng gps_longitude lon_deg longitude_deg location_long"),
    **_named("lat", "lat latitude gps_lat gps_latitude lat_deg latitude_deg location_lat"),
    **_named("pen", "pen_up penup up lift pen_lift penlift lifted end eos end_of_stroke stroke_end"),
    **_named("pen flag", "pen pen_state penstate pen_status penstatus"),
    **_named(
        "pen down",
        "pen_down pendown down touch touching contact tip tip_down is_down on_paper pressed is_pressed is_pen_down",
    ),
    **_named("stroke", "stroke stroke_id strokeid stroke_no stroke_index stroke_number segment trace trace_id path"),
    **_named("end", "eod end_of_drawing end_of_digit end_of_sequence eoseq"),
    **_named("time", "t time times timestamp timestamps clock datetime date_time zeit temps tiempo"),
    **_named("time", "s t_s time_s sec secs seconds time_sec t_sec time_seconds elapsed_s timestamp_s", 1.0),
    **_named("time", "ms t_ms time_ms msec millis milliseconds time_msec time_millis elapsed_ms timestamp_ms", 1e-3),
    **_named("time", "us t_us time_us usec micros microseconds timestamp_us", 1e-6),
    **_named("time", "ns t_ns time_ns nsec nanos nanoseconds timestamp_ns", 1e-9),
    **_named("pressure", "pressure force f pen_pressure tip_pressure druck pression presi_n presion pressione"),
    **_named("pen or pressure", "p"),
    **_named("value", "value"),
    **_named("group", "trial trial_id trialid trial_no trial_index trial_number id participant participant_id subject"),
    **_named("group", "subject_id user user_id userid writer writer_id session session_id sample sample_id sequence"),
    **_named("group", "sequence_id seq seq_id drawing drawing_id drawing_no figure track track_id trackid trajectory"),
    **_named("group", "trajectory_id traj_id gesture gesture_id recording recording_id instance item animal agent_id"),
    **_named("group", "group recording_name block run object_id individual individual_local_identifier trial_name"),
    **_named("group", "participant_name participant_no participant_number subject_name subject_no subject_number"),
    **_named("group", "user_name session_name presented_stimulus_name presented_media_name media_name recording_no"),
    **_named("group", "image image_id image_name file file_name filename sketch sketch_id drawing_name"),
    **_named("label", "label class word text char character letter category target_name name"),
}

CLOCK_NAME = re.compile(
    r"(?:(?:recording|record|client|server|system|device|local|utc|unix|elapsed|relative|gaze|sample|computer|event|pen|"
    r"eyetracker)_(?:timestamp|time|zeit)|t|times?|timestamps?|clock|zeit|temps|tiempo|tempo|date_?time)"
    r"(?:_(?:(s|sec|seconds)|(ms|msec|millis|milliseconds)|(us|usec|micros|microseconds)|(ns|nsec|nanos|nanoseconds)))?"
)
"""Other names of times: recording timestamp [us], elapsed time, and so on."""

CLOCK_UNITS = ("t_s", "t_ms", "t_us", "t_ns")

COUNTERS = frozenset({"", "row", "row_number", "index", "idx", "nr", "no", "#"})
"""Names of columns that count the rows, beside a series."""

DRAWN: tuple[Role, ...] = ("x", "y", "pen", "pen down", "stroke", "time", "pressure", "pen or pressure", "value")
"""The roles of which `drawing_from_table` makes a drawing; readings.py makes them of all others."""


def column_named(name: str) -> Column | None:
    """What a header's name means, None where it is not known. Spelling: any case; spaces, brackets, dashes as one _."""
    plain = re.sub(r"[^0-9a-zµμ]+", "_", name.strip().lower()).strip("_").replace("µ", "u").replace("μ", "u")
    if plain not in NAMES and (found := CLOCK_NAME.fullmatch(plain)):
        plain = next((name for name, unit in zip(CLOCK_UNITS, found.groups(), strict=True) if unit), "time")
    return NAMES.get(plain)


def series_columns(names: Sequence[str]) -> list[Column | None] | None:
    """What the columns of a series hold, from their names: a time and one value; others of groups or without a name.

    Returns:
        None where there is another number of times or values, or x and y are among them.
    """
    columns = [column_named(name) for name in names]
    roles = ["" if column is None else column.role for column in columns]
    kept = [i for i, role in enumerate(roles) if role in ("time", "group", "label")]
    values = [i for i, name in enumerate(names) if name.strip().lower() not in COUNTERS and i not in kept]
    values = values or [i for i in kept if roles[i] != "time"]
    if roles.count("time") != 1 or len(values) != 1:
        return None
    return [Column("value") if i in values else columns[i] if i in kept else None for i in range(len(names))]


def drawing_from_table(
    table: FloatArray,
    refuse: Refuse,
    *,
    columns: Sequence[Column | None],
    begins: FloatArray | None = None,
    label: str = "",
) -> Drawing:
    """Make a drawing of a table.

    Args:
        table: ``[N, C]``.
        refuse: makes the error for a bad row.
        columns: what each column is, of the roles in `DRAWN`; None for those to be ignored.
        begins: ``[N]``, nonzero where another stroke begins, besides what the columns say.

    Raises:
        StudioError: by way of `refuse`.
    """
    if len(table) == 0:
        raise refuse("holds no points", None)
    if len(table) > limits.POINTS_PER_DRAWING:
        raise refuse(f"holds more than {limits.POINTS_PER_DRAWING:,} points in one drawing", None)
    bad = np.flatnonzero(~(np.abs(table) <= limits.LARGEST_NUMBER).all(1))
    if len(bad):
        raise refuse(f"holds a value that is not a finite number below {limits.LARGEST_NUMBER:g}", int(bad[0]))
    found = {column.role: (table[:, i], column) for i, column in enumerate(columns) if column is not None}
    if begins is not None:
        found["gap"] = (np.cumsum(begins), Column("gap"))
    if "value" in found:
        return _series(*found["time"], found["value"][0], refuse, label)
    if "pen or pressure" in found:
        values, column = found.pop("pen or pressure")
        found.setdefault("pen" if _is_flag(values) else "pressure", (values, column))
    if "x" not in found or "y" not in found:
        raise refuse("has no columns x and y", None)
    return _assembled({role: values for role, (values, _) in found.items()}, found.get("time"), refuse, label)


def _series(times: FloatArray, column: Column, values: FloatArray, refuse: Refuse, label: str) -> Drawing:
    """A series; its time is not counted from 0, so that others can tell when it began, unless it is a date."""
    is_date = abs(times[0]) > 1e8
    x = seconds(times, column.unit) if is_date or column.unit is not None else times
    stays = np.flatnonzero(np.diff(x) <= 0)
    if len(stays):
        row = int(stays[0]) + 1
        raise refuse(f"holds the time {times[row]:.15g} after {times[row - 1]:.15g}; expected it to grow", row)
    return Drawing.series(x, values, label)


def _assembled(
    found: dict[Role, FloatArray], time: tuple[FloatArray, Column] | None, refuse: Refuse, label: str
) -> Drawing:
    points = np.stack([found["x"], found["y"]], 1)
    times = None if time is None else seconds(time[0], time[1].unit)
    pressure = None if "pressure" not in found else unit_pressure(found["pressure"], refuse)
    ends, kept = _pen_lifts(found, refuse)
    if kept is not None:
        points, ends = points[kept], ends[kept]
        times = None if times is None else times[kept]
        pressure = None if pressure is None else pressure[kept]
    if times is not None:
        times = tidy_times(times, ends)
    return Drawing.from_points(points, ends, times=times, pressure=pressure, label=label)


def _pen_lifts(found: dict[Role, FloatArray], refuse: Refuse) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
    """After which points the pen leaves the paper, and which points are on the paper (None: all)."""
    ends = np.zeros(len(found["x"]), bool)
    if "pen" in found:
        ends |= _flags(found["pen"], "pen", refuse)
    for role in ("stroke", "gap"):
        if role in found:
            ends[:-1] |= np.diff(found[role]) != 0
    if "pen down" not in found:
        return ends, None
    down = _flags(found["pen down"], "pen_down", refuse)
    if not down.any():
        raise refuse("says pen_down = 0 throughout: the pen never touches the paper", None)
    # The first 0 after a 1 still belongs to the stroke, as pen = 1 does; further 0s are the pen in the air.
    on_paper = down | np.concatenate([[False], down[:-1]])
    return ends | ~down, on_paper


def seconds(values: FloatArray, unit: float | None = None) -> FloatArray:
    """Times in seconds. Where the unit is not known: dates by their size, else by their typical step."""
    if unit is None:
        unit = _guessed_unit(values)
    # Subtract before scaling, or the digits that matter are lost in those of the date.
    return (values - values[0]) * unit if abs(values[0]) > 1e8 else values * unit


def _guessed_unit(values: FloatArray) -> float:
    steps = np.diff(values)
    steps = steps[steps > 0]
    step = float(np.median(steps)) if len(steps) else 0.0
    largest = float(np.abs(values).max())
    for low, high, unit in DATES:
        if low <= largest <= high and step * unit <= SLOWEST_DATES:
            return unit
    return unit_of_step(step)


def unit_of_step(step: float, least: Sequence[tuple[float, float]] = LEAST_TICKS) -> float:
    """Seconds per tick of a clock whose typical step is so many ticks."""
    return next((unit for ticks, unit in least if step >= ticks), 1.0)


def tidy_times(times: FloatArray, ends: NDArray[np.bool_]) -> FloatArray:
    """Times that begin at 0 and never fall.

    A clock that starts again with every stroke is joined to the stroke before; a value that falls within a stroke is
    raised to the one before it.

    Args:
        times: ``[N]`` seconds.
        ends: ``[N]``, True at the last point of each stroke.
    """
    times = times - times[0]
    falls = np.diff(times)
    if (falls >= 0).all():
        return times
    restarts = np.where(ends[:-1] & (falls < 0), -falls, 0.0)
    times[1:] += np.cumsum(restarts)
    return np.maximum.accumulate(times)


def unit_pressure(values: FloatArray, refuse: Refuse) -> FloatArray:
    """Pressure between 0 and 1: as it is, or divided by its largest value where that is above 1."""
    if values.min() < 0:
        raise refuse("holds a negative pressure", int(np.argmin(values)))
    return values / max(1.0, float(values.max()))


def _is_flag(values: FloatArray) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _flags(values: FloatArray, name: str, refuse: Refuse) -> NDArray[np.bool_]:
    bad = np.flatnonzero((values != 0) & (values != 1))
    if len(bad):
        raise refuse(f"holds {values[bad[0]]:g} in the column {name}; expected 0 or 1", int(bad[0]))
    return np.asarray(values == 1)
