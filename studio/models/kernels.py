"""Small matrix products and elementwise functions in float32, compiled by numba for this very processor.

A step of the loop over time multiplies a few rows by matrices that stay the same for a whole window: too little work
per call for a general library. Here the weights are packed once per window, and the products then run at the full
speed of the vector units (the method of Goto and van de Geijn 2008, "Anatomy of high-performance matrix
multiplication"):

    panel   PANEL columns of a weight, one row after the other, filled up with zeros
    tile    some rows of the result by one or several panels, kept in vector registers over the whole depth

Arrays are flat, with starts and strides in numbers, so that what is compiled once serves all shapes. Nothing assumes
finite numbers: NaN passes through every function, so that a training that diverges is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from llvmlite import binding, ir
from numba import config, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

P = ParamSpec("P")
R = TypeVar("R")

RELU, TANH, ELU, SILU, NONE = range(5)
ACTIVATIONS = {"relu": RELU, "tanh": TANH, "elu": ELU, "silu": SILU}

OPTIONS: dict[str, Any] = {
    "nogil": True,
    "boundscheck": False,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},  # sums in any order, but NaN stay NaN
}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile when first used from other compiled code; runs without the interpreter's lock."""
    result: Callable[P, R] = njit(**OPTIONS)(function)
    return result


# ---------------------------------------------------------------- products


def _vector_unit() -> tuple[int, int]:
    """How many floats a register holds, and how many pairs of registers a tile may fill with sums."""
    features = getattr(config, "CPU_FEATURES", None)  # set by those who try what other processors would do
    if features is None:
        features = binding.get_host_cpu_features().flatten()
    if "+avx512f" in features:
        return 16, 8
    if "+avx2" in features:
        return 8, 4
    return 4, 4


LANES, ROWS = _vector_unit()
PANEL = 2 * LANES
# The library that torch multiplies with (MKL) uses half the width of AMD's vector units.
OUTRUNS_THE_LIBRARY = LANES == 16 and binding.get_host_cpu_name().startswith("znver")
DEPTH, ROWS_AT_A_TIME = 256, 64  # that `outer` and `dense` take at a time, so that they stay in the cache


class _TileBuilder:
    """Writes the instructions of one tile. LLVM keeps `sums` in registers, since their number is fixed."""

    def __init__(self, builder: ir.IRBuilder, rows: int, panels: int) -> None:
        self.builder, self.rows, self.parts = builder, rows, 2 * panels
        self.vector = ir.VectorType(ir.FloatType(), LANES)
        zero = ir.Constant(self.vector, None)
        self.sums = [
            [cgutils.alloca_once_value(builder, zero) for _ in range(self.parts)]  # type: ignore[no-untyped-call]
            for _ in range(rows)
        ]

    def number(self, value: int) -> ir.Constant:
        return ir.Constant(ir.IntType(64), value)

    def sum_of(self, *values: ir.Value | int) -> ir.Value:
        total = self.number(0)
        for value in values:
            total = self.builder.add(total, self.number(value) if isinstance(value, int) else value)
        return total

    def times(self, value: ir.Value, factor: int) -> ir.Value:
        return self.builder.mul(value, self.number(factor))

    def place(self, data: ir.Value, offset: ir.Value) -> ir.Value:
        """The address of the LANES numbers that begin at `offset`."""
        return self.builder.bitcast(self.builder.gep(data, [offset]), self.vector.as_pointer())

    def spread(self, value: ir.Value) -> ir.Value:
        """A vector of LANES times the same number."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
        return self.builder.shuffle_vector(first, undefined, everywhere)

    def results(self, c: ir.Value, c_start: ir.Value, c_row: ir.Value) -> list[list[ir.Value]]:
        """The addresses of the tile in C."""
        return [
            [self.place(c, self.sum_of(c_start, self.times(c_row, row), part * LANES)) for part in range(self.parts)]
            for row in range(self.rows)
        ]

    def add(self, places: list[list[ir.Value]]) -> None:
        """sums += what stands there. Afterwards, not before: so long sums are made of shorter ones, and more exact."""
        builder = self.builder
        for row in range(self.rows):
            for part in range(self.parts):
                total = builder.fadd(builder.load(places[row][part], align=4), builder.load(self.sums[row][part]))
                builder.store(total, self.sums[row][part])

    def store(self, places: list[list[ir.Value]]) -> None:
        for row in range(self.rows):
            for part in range(self.parts):
                self.builder.store(self.builder.load(self.sums[row][part]), places[row][part], align=4)

    def multiply(
        self,
        a: ir.Value,
        a_starts: list[ir.Value],
        a_column: ir.Value,
        w: ir.Value,
        w_start: ir.Value,
        depth: ir.Value,
    ) -> None:
        """sums += A W, one row of W after the other."""
        builder = self.builder
        panel_starts = [self.sum_of(w_start, self.times(depth, PANEL * panel)) for panel in range(self.parts // 2)]
        with cgutils.for_range(builder, depth) as loop:
            below = self.times(loop.index, PANEL)
            beside = builder.mul(loop.index, a_column)
            weights = [
                builder.load(self.place(w, self.sum_of(panel_starts[part // 2], below, part % 2 * LANES)), align=4)
                for part in range(self.parts)
            ]
            for row in range(self.rows):
                value = self.spread(builder.load(builder.gep(a, [self.sum_of(a_starts[row], beside)])))
                for part, weight in enumerate(weights):
                    product = builder.fmul(value, weight, flags=("contract",))
                    total = builder.fadd(builder.load(self.sums[row][part]), product, flags=("contract",))
                    builder.store(total, self.sums[row][part])


def _tile(rows: int, panels: int) -> Any:
    """C = A W, or C + A W, for `rows` rows of A and C and `panels` panels of W, for use in compiled code."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        a, a_start, a_row, a_column, w, w_start, c, c_start, c_row, depth, accumulate = arguments
        a, w, c = (
            cgutils.create_struct_proxy(signature.args[index])(context, builder, value).data  # type: ignore[no-untyped-call]
            for index, value in ((0, a), (4, w), (6, c))
        )
        tile = _TileBuilder(builder, rows, panels)
        places = tile.results(c, c_start, c_row)
        a_starts = [tile.sum_of(a_start, tile.times(a_row, row)) for row in range(rows)]
        tile.multiply(a, a_starts, a_column, w, w_start, depth)
        with builder.if_then(accumulate):
            tile.add(places)
        tile.store(places)
        return context.get_dummy_value()

    @intrinsic
    def tile(
        _: Any,
        a: Any,
        a_start: Any,
        a_row: Any,
        a_column: Any,
        w: Any,
        w_start: Any,
        c: Any,
        c_start: Any,
        c_row: Any,
        depth: Any,
        accumulate: Any,
    ) -> Any:
        number = types.int64
        return types.void(a, number, number, number, w, number, c, number, number, number, types.boolean), generate

    return tile


def _strip(rows: int) -> Any:
    """C = A W for exactly `rows` rows, several panels at a time while there are as many."""
    panels = min(4, ROWS // rows)
    wide, narrow = _tile(rows, panels), _tile(rows, 1)

    @compiled
    def strip(a, a_start, a_row, a_column, w, w_start, c, c_start, c_row, depth, count, accumulate):  # type: ignore[no-untyped-def]
        panel = 0
        while panel + panels <= count:
            at = panel * PANEL
            wide(a, a_start, a_row, a_column, w, w_start + at * depth, c, c_start + at, c_row, depth, accumulate)
            panel += panels
        while panel < count:
            at = panel * PANEL
            narrow(a, a_start, a_row, a_column, w, w_start + at * depth, c, c_start + at, c_row, depth, accumulate)
            panel += 1

    return strip


_full_tile = _tile(ROWS, 1)
_four_rows, _two_rows, _one_row = _strip(4), _strip(2), _strip(1)


@compiled
def tiles(a, a_start, a_row, a_column, w, w_start, c, c_start, c_row, rows, depth, columns, accumulate):  # type: ignore[no-untyped-def]
    """C = A W, or C + A W where ``accumulate``; A is ``[rows, depth]``, W ``[depth, columns]`` packed.

    Args:
        a, a_start, a_row, a_column: A in a flat array: where it begins, how far its rows and its columns are apart.
        w, w_start: as `pack` leaves it.
        c, c_start, c_row: likewise C; what stands right of its columns, up to full panels, is overwritten.
    """
    count = padded(columns) // PANEL
    whole = rows - rows % ROWS
    for panel in range(count):
        at = panel * PANEL
        for row in range(0, whole, ROWS):
            a_at, c_at = a_start + row * a_row, c_start + row * c_row + at
            _full_tile(a, a_at, a_row, a_column, w, w_start + at * depth, c, c_at, c_row, depth, accumulate)
    row = whole
    if rows - row >= 4:
        a_at, c_at = a_start + row * a_row, c_start + row * c_row
        _four_rows(a, a_at, a_row, a_column, w, w_start, c, c_at, c_row, depth, count, accumulate)
        row += 4
    if rows - row >= 2:
        a_at, c_at = a_start + row * a_row, c_start + row * c_row
        _two_rows(a, a_at, a_row, a_column, w, w_start, c, c_at, c_row, depth, count, accumulate)
        row += 2
    if rows > row:
        a_at, c_at = a_start + row * a_row, c_start + row * c_row
        _one_row(a, a_at, a_row, a_column, w, w_start, c, c_at, c_row, depth, count, accumulate)


@compiled
def product(a, a_start, a_row, w, w_start, c, c_start, c_row, rows, depth, columns, accumulate):  # type: ignore[no-untyped-def]
    """As `tiles`, for an A whose columns stand side by side."""
    tiles(a, a_start, a_row, 1, w, w_start, c, c_start, c_row, rows, depth, columns, accumulate)


@compiled
def outer(deltas, values, sums, first, end):  # type: ignore[no-untyped-def]
    """sums[first:end] = (deltas^T values)[first:end]: the gradient of a weight, from all rows of a batch.

    Args:
        deltas: ``[rows, m]``.
        values: ``[rows, n]``.
        sums: ``[m, padded(n)]``.
    """
    rows, columns = values.shape
    flat_deltas, flat_sums = deltas.reshape(deltas.size), sums.reshape(sums.size)
    packed = np.empty(DEPTH * padded(columns), np.float32)
    m = deltas.shape[1]
    for top in range(0, rows, DEPTH):
        depth = min(DEPTH, rows - top)
        pack(values[top : top + depth], packed, 0)
        tiles(
            flat_deltas,
            top * m + first,
            1,
            m,
            packed,
            0,
            flat_sums,
            first * padded(columns),
            padded(columns),
            end - first,
            depth,
            columns,
            top > 0,
        )


@compiled
def dense(values, packed, bias, result, first, end):  # type: ignore[no-untyped-def]
    """result[first:end] = values[first:end] W + bias.

    Args:
        values: ``[rows, n]``.
        packed: W ``[n, m]``, as `pack` leaves it.
        bias: ``[m]``.
        result: ``[rows, m]``.
    """
    n, m = values.shape[1], result.shape[1]
    flat = values.reshape(values.size)
    sums = np.empty(ROWS_AT_A_TIME * padded(m), np.float32)
    for top in range(first, end, ROWS_AT_A_TIME):
        rows = min(ROWS_AT_A_TIME, end - top)
        product(flat, top * n, n, packed, 0, sums, 0, padded(m), rows, n, m, False)
        for row in range(rows):
            line, total = result[top + row], sums[row * padded(m) : row * padded(m) + m]
            for i in range(m):
                line[i] = total[i] + bias[i]


@compiled
def padded(columns: int) -> int:
    """The columns of full panels."""
    return (columns + PANEL - 1) // PANEL * PANEL


@compiled
def pack(matrix, packed, start):  # type: ignore[no-untyped-def]
    """Panels of a matrix ``[depth, columns]``; they take ``depth * padded(columns)`` numbers from `start` on."""
    depth, columns = matrix.shape
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        for row in range(depth):
            line = packed[start : start + PANEL]
            start += PANEL
            if width == PANEL:
                for column in range(PANEL):
                    line[column] = matrix[row, first + column]
            else:
                for column in range(width):
                    line[column] = matrix[row, first + column]
                for column in range(width, PANEL):
                    line[column] = ZERO


# ---------------------------------------------------------------- elementwise

ZERO, HALF, ONE, TWO = (np.float32(value) for value in (0.0, 0.5, 1.0, 2.0))

# e^x = 2^n e^r, |r| <= ln(2) / 2; ln(2) in two parts, and a polynomial for e^r (Cephes, expf)
_LEAST, _LOG2_E = np.float32(-87.0), np.float32(1.44269504088896341)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_E2, _E3, _E4, _E5, _E6, _E7 = (
    np.float32(value)
    for value in (5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4)
)
# 2 artanh(s) = 2 s (1 + s^2/3 + s^4/5 + ...)
_A3, _A5, _A7, _A9, _A11, _A13 = (np.float32(1 / odd) for odd in (3, 5, 7, 9, 11, 13))
# tanh(x) = x p(x^2) / q(x^2) for |x| <= 7.9, the rational minimax approximation of Eigen
_TANH_END = np.float32(7.90531110763549805)
_P1, _P3, _P5, _P7, _P9, _P11, _P13 = (
    np.float32(value)
    for value in (
        *(4.89352455891786e-03, 6.37261928875436e-04, 1.48572235717979e-05, 5.12229709037114e-08),
        *(-8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16),
    )
)
_Q0, _Q2, _Q4, _Q6 = (
    np.float32(value)
    for value in (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
)


@compiled
def exp_of_negative(x: np.float32) -> np.float32:
    """e^x for x <= 0."""
    x = _LEAST if x < _LEAST else x
    n = np.int32(x * _LOG2_E - HALF)
    whole = np.float32(n)
    r = x - whole * _LN2_HIGH - whole * _LN2_LOW
    p = ((((_E7 * r + _E6) * r + _E5) * r + _E4) * r + _E3) * r + _E2
    return (p * r * r + r + ONE) * np.int32((n + np.int32(127)) << np.int32(23)).view(np.float32)


@compiled
def tanh(x: np.float32) -> np.float32:
    """To 2e-7 of its value."""
    x = _TANH_END if x > _TANH_END else x
    x = -_TANH_END if x < -_TANH_END else x
    s = x * x
    p = x * (_P1 + s * (_P3 + s * (_P5 + s * (_P7 + s * (_P9 + s * (_P11 + s * _P13))))))
    return p / (_Q0 + s * (_Q2 + s * (_Q4 + s * _Q6)))


@compiled
def sigmoid(x: np.float32) -> np.float32:
    """1 / (1 + e^-x), also of large numbers of either sign."""
    e = exp_of_negative(-abs(x))
    return (e if x < ZERO else ONE) / (ONE + e)


@compiled
def softplus(x: np.float32) -> np.float32:
    """log(1 + e^x) = max(x, 0) + 2 artanh(e / (2 + e)), e = e^-|x|."""
    e = exp_of_negative(-abs(x))
    s = e / (TWO + e)
    q = s * s
    series = ONE + q * (_A3 + q * (_A5 + q * (_A7 + q * (_A9 + q * (_A11 + q * _A13)))))
    return (ZERO if x < ZERO else x) + TWO * s * series


@compiled
def activate(kind, value, slope):  # type: ignore[no-untyped-def]
    """value = f(value), slope = f'(value), with f one of `ACTIVATIONS`; both flat and of the same length."""
    if kind == RELU:
        for i in range(value.size):
            slope[i] = ONE if value[i] > ZERO else ZERO
            value[i] = ZERO if value[i] < ZERO else value[i]
    elif kind == TANH:
        for i in range(value.size):
            value[i] = tanh(value[i])
            slope[i] = ONE - value[i] * value[i]
    elif kind == ELU:
        for i in range(value.size):
            below = exp_of_negative(ZERO if value[i] > ZERO else value[i])
            slope[i] = ONE if value[i] > ZERO else below
            value[i] = value[i] if value[i] > ZERO else below - ONE
    else:
        for i in range(value.size):
            gate = sigmoid(value[i])
            slope[i] = gate * (ONE + value[i] * (ONE - gate))
            value[i] = value[i] * gate


@compiled
def apply(kind, value):  # type: ignore[no-untyped-def]
    """value = f(value), with f one of `ACTIVATIONS`."""
    if kind == RELU:
        for i in range(value.size):
            value[i] = ZERO if value[i] < ZERO else value[i]
    elif kind == TANH:
        for i in range(value.size):
            value[i] = tanh(value[i])
    elif kind == ELU:
        for i in range(value.size):
            below = exp_of_negative(ZERO if value[i] > ZERO else value[i]) - ONE
            value[i] = value[i] if value[i] > ZERO else below
    elif kind == SILU:
        for i in range(value.size):
            value[i] = value[i] * sigmoid(value[i])
