"""Sampling step by step, compiled: the frames of several pens, without the interpreter between them.

Each step multiplies h, then phi_z, then phi_x by all that they go into at once. The sums meet in one row per pen,
ordered so that each of the three products covers neighbours:

              prior, first layer | candidate, from h | decoder, first layer | gates | candidate
    of h      x                    x                   x                      x
    of phi_z                                           x                      x       x
    of phi_x                                                                  x       x

The sums begin at a bias of each pen: whatever else a pen is told that does not change from frame to frame, such as
what it shall write, is part of it. Rows are as wide as full panels; what stands in the gaps is never looked at.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from studio.models.kernels import (
    ONE,
    ZERO,
    apply,
    compiled,
    exp_of_negative,
    padded,
    product,
    sigmoid,
    softplus,
    tanh,
)

SHORTEST_MEAN = np.float32(1e-4)  # as in `studio.models.likelihoods`

# Columns of the table of layers
INPUTS, OUTPUTS, ACTIVATION, WEIGHT, BIAS = range(5)


class Sizes(NamedTuple):
    """Of a model."""

    hidden: int  # H
    latent: int  # Z
    features: int  # width of phi_z
    input_features: int  # width of phi_x
    continuous: int  # C
    binary: int  # J
    components: int  # K of a mixture; 0: one Gaussian
    correlated: int  # 1 where the two columns of a mixture are
    line: int  # 1 where the Gaussian lies along and across its mean
    positions: int  # 1 where phi_x sees where the pen is
    categories: int  # V, where frames are symbols; else 0
    embedding: int  # E, how many numbers stand for a symbol
    widest: int  # of all that is multiplied


class Sums(NamedTuple):
    """Where in a row of sums what begins, in the order of the table above."""

    candidate_h: int
    decoder: int
    gates: int
    candidate: int
    end: int


class Places(NamedTuple):
    """Where packed weights begin."""

    h: int
    z: int
    x: int
    symbols: int


class Chains(NamedTuple):
    """Which layers of the table follow one another; prior and decoder begin after their first layers."""

    prior: int
    phi_z: int
    decoder: int
    phi_x: int
    end: int
    prior_activation: int  # of the first layer
    decoder_activation: int


class Scales(NamedTuple):
    """Of standard deviations, and of offsets."""

    latent_floor: Any
    output_floor: Any
    output_range: Any  # between the floor and the largest; 0: no largest
    correlation: Any  # the largest
    latent_variance: Any
    output_variance: Any
    binary_variance: Any
    step: Any  # of offsets
    along: Any  # of the deviations of a line
    across: Any


class Carried(NamedTuple):
    """What goes on from frame to frame."""

    h: Any  # [B H]
    position: Any  # [B 2]


@compiled
def steps(sizes, sums, chains, places, table, packed, bias, scales, carried, noise, frames):
    """Draw frames ``[n, B, D]`` from noise ``[n, B, ...]``, in which what is compared with probabilities is uniform.

    Args:
        sizes, sums, chains, places, table, packed: the model, as `studio.generation.packed_model` lays it out.
        bias: ``[B sums.end]``, where the sums of each pen begin.
        scales: of chance.
        carried: the state; it becomes that after the last frame.
        noise: ``[n, B, noise_width]``.
        frames: to be drawn.
    """
    rows, latent, hidden, row = frames.shape[1], sizes.latent, sizes.hidden, sums.end
    pens = sizes.embedding if sizes.categories else frames.shape[2] + 2 * sizes.positions
    total = np.zeros(rows * row, np.float32)
    one = np.zeros(rows * padded(sizes.widest), np.float32)
    other = np.zeros(rows * padded(sizes.widest), np.float32)
    seen = np.zeros(rows * padded(max(latent, pens)), np.float32)
    spare = np.zeros(padded(max(1, sizes.components, sizes.categories)), np.float32)
    for t in range(frames.shape[0]):
        total[:] = bias
        product(carried.h, 0, padded(hidden), packed, places.h, total, 0, row, rows, hidden, sums.candidate, True)
        # z from the prior
        activate(chains.prior_activation, total, 0, row, rows, sums.candidate_h)
        raw, at, stride = chain(table, chains.prior, chains.phi_z, packed, total, 0, row, one, other, rows)
        for pen in range(rows):
            draw(raw, at + pen * stride, noise[t, pen], seen, pen * padded(latent), latent, scales)
        # x from the decoder
        value, at, stride = chain(
            table, chains.phi_z, chains.decoder, packed, seen, 0, padded(latent), one, other, rows
        )
        product(
            value,
            at,
            stride,
            packed,
            places.z,
            total,
            sums.decoder,
            row,
            rows,
            sizes.features,
            sums.end - sums.decoder,
            True,
        )
        activate(chains.decoder_activation, total, sums.decoder, row, rows, sums.gates - sums.decoder)
        raw, at, stride = chain(table, chains.decoder, chains.phi_x, packed, total, sums.decoder, row, one, other, rows)
        for pen in range(rows):
            x = frames[t, pen]
            output(raw[at + pen * stride : at + (pen + 1) * stride], noise[t, pen, latent:], x, spare, sizes, scales)
            look(x, carried.position, packed, places.symbols, seen, pen, padded(pens), sizes, scales.step)
        # and on to h
        value, at, stride = chain(table, chains.phi_x, chains.end, packed, seen, 0, padded(pens), one, other, rows)
        product(
            value,
            at,
            stride,
            packed,
            places.x,
            total,
            sums.gates,
            row,
            rows,
            sizes.input_features,
            sums.end - sums.gates,
            True,
        )
        for pen in range(rows):
            gru(total[pen * row : (pen + 1) * row], sums, carried.h, pen * padded(hidden), hidden)


@compiled
def spread(source, start, target, target_row, rows, width):
    """The same into every row."""
    for row in range(rows):
        left, right = target[row * target_row : row * target_row + width], source[start : start + width]
        for i in range(width):
            left[i] = right[i]


@compiled
def activate(kind, value, start, stride, rows, width):
    """Row by row, in place."""
    for row in range(rows):
        apply(kind, value[start + row * stride : start + row * stride + width])


@compiled
def chain(table, first, end, packed, value, start, stride, one, other, rows):
    """Through the layers from `first` to before `end`: the array with the result, where it begins, and its stride."""
    for layer in range(first, end):
        width = padded(table[layer, OUTPUTS])
        spread(packed, table[layer, BIAS], one, width, rows, width)
        product(
            value, start, stride, packed, table[layer, WEIGHT], one, 0, width, rows, table[layer, INPUTS], width, True
        )
        activate(table[layer, ACTIVATION], one, 0, width, rows, width)
        value, start, stride = one, 0, width
        one, other = other, one
    return value, start, stride


@compiled
def draw(raw, start, noise, z, z_start, latent, scales):
    """z = mean + variance * sigma * noise."""
    mean, raw_sigma = raw[start : start + latent], raw[start + latent : start + 2 * latent]
    line = z[z_start : z_start + latent]
    for i in range(latent):
        line[i] = mean[i] + scales.latent_variance * (scales.latent_floor + softplus(raw_sigma[i])) * noise[i]


@compiled
def look(x, position, packed, symbols, seen, pen, stride, sizes, step):
    """What phi_x sees of a frame: its columns, with where they lead to, or the numbers that stand for its symbol."""
    line = seen[pen * stride : (pen + 1) * stride]
    if sizes.categories:
        start = symbols + int(x[0]) * padded(sizes.embedding)
        line[: sizes.embedding] = packed[start : start + sizes.embedding]
        return
    first = 0
    if sizes.positions:
        for i in range(2):
            position[2 * pen + i] += x[i] * step
            line[i] = position[2 * pen + i]
        first = 2
    for i in range(x.size):
        line[first + i] = x[i]


@compiled
def gru(total, sums, h, start, hidden):
    """h' = (1 - u) n + u h, n = tanh(driven + reset from_h)."""
    gates = total[sums.gates : sums.candidate]
    for i in range(gates.size):
        gates[i] = sigmoid(gates[i])
    reset, update = gates[:hidden], gates[hidden : 2 * hidden]
    from_h = total[sums.candidate_h : sums.candidate_h + hidden]
    candidate = total[sums.candidate : sums.candidate + hidden]
    line = h[start : start + hidden]
    for i in range(hidden):
        candidate[i] = tanh(candidate[i] + reset[i] * from_h[i])
    for i in range(hidden):
        line[i] = candidate[i] + update[i] * (line[i] - candidate[i])


@compiled
def output(raw, noise, x, spare, sizes, scales):
    """One frame, as `FrameLikelihood.sample` draws it."""
    leading = sizes.continuous
    if sizes.categories > 0:
        leading, used, drawn = 1, sizes.categories, 1
        symbol(raw, noise, x, spare, sizes.categories, scales.output_variance)
    elif sizes.components == 0:
        used, drawn = 2 * sizes.continuous, sizes.continuous
        if sizes.line:
            line(raw, noise, x, scales)
        else:
            gaussian(raw, noise, x, sizes.continuous, scales)
    else:
        used, drawn = sizes.components * (1 + 2 * sizes.continuous + sizes.correlated), 1 + sizes.continuous
        mixture(raw, noise, x, spare, sizes, scales)
    binary(raw[used:], noise[drawn:], x[leading:], sizes.binary, scales.binary_variance)


@compiled
def symbol(raw, noise, x, spare, categories, variance):
    """The index of a symbol; the variance is the temperature."""
    chosen = likeliest(raw, categories)
    if variance > ZERO:
        chosen = choose(raw, raw[chosen], categories, variance, noise[0], spare)
    x[0] = chosen


@compiled
def sigma_of(raw, scales):
    """A standard deviation of the output, as `SigmaRange` makes it."""
    if scales.output_range > ZERO:
        return scales.output_floor + scales.output_range * sigmoid(raw)
    return scales.output_floor + softplus(raw)


@compiled
def gaussian(raw, noise, x, columns, scales):
    """mean + variance * sigma * noise."""
    raw_sigma = raw[columns : 2 * columns]
    for i in range(columns):
        x[i] = raw[i] + scales.output_variance * sigma_of(raw_sigma[i], scales) * noise[i]


@compiled
def line(raw, noise, x, scales):
    """Along the mean offset and across it, as `LineGaussian.sample` draws it."""
    length = np.sqrt(raw[0] * raw[0] + raw[1] * raw[1] + SHORTEST_MEAN)
    first, second = raw[0] / length, raw[1] / length
    along = scales.output_variance * scales.along * sigma_of(raw[2], scales) * noise[0]
    across = scales.output_variance * scales.across * sigma_of(raw[3], scales) * noise[1]
    x[0] = raw[0] + first * along - second * across
    x[1] = raw[1] + second * along + first * across


@compiled
def mixture(raw, noise, x, spare, sizes, scales):
    """A component, and from it the columns."""
    columns, components, variance = sizes.continuous, sizes.components, scales.output_variance
    chosen = likeliest(raw, components)
    if variance > ZERO:
        chosen = choose(raw, raw[chosen], components, variance, noise[0], spare)
    mean = components + chosen * columns
    for i in range(columns):
        standard = noise[1 + i]
        if i == 1 and sizes.correlated:
            correlation = scales.correlation * tanh(raw[components * (1 + 2 * columns) + chosen])
            standard = correlation * noise[1] + np.sqrt(ONE - correlation * correlation) * standard
        sigma = sigma_of(raw[mean + components * columns + i], scales)
        x[i] = raw[mean + i] + variance * sigma * standard


@compiled
def likeliest(raw, components):
    """The first component of the largest weight."""
    best = 0
    for k in range(1, components):
        if raw[k] > raw[best]:
            best = k
    return best


@compiled
def choose(raw, largest, components, variance, uniform, spare):
    """The component at which the probabilities, added up, reach a uniform number."""
    for k in range(components):
        spare[k] = exp_of_negative((raw[k] - largest) / variance)
    total = ZERO
    for k in range(components):
        total += spare[k]
    reached, chosen = ZERO, 0
    for k in range(components - 1):
        reached += spare[k]
        if uniform * total > reached:
            chosen = k + 1
    return chosen


@compiled
def binary(raw, noise, x, count, variance):
    """Columns that are 0 or 1, each knowing those before it."""
    effect = count
    for j in range(count):
        log_odds = raw[j]
        for i in range(j):
            log_odds += raw[effect] * x[i]
            effect += 1
        if variance > ZERO:
            x[j] = ONE if noise[j] < sigmoid(log_odds / variance) else ZERO
        else:
            x[j] = ONE if log_odds > ZERO else ZERO
