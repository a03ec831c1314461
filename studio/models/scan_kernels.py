"""The way there and back of the loop over time, step by step, for some of the rows of a batch.

Every array is flat. What belongs to all steps is ordered as ``[T, B, ...]``; a *place* is t B + b, the row of such an
array where the rows at hand begin. The names are those of `studio.models.scan`.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from studio.models.kernels import ONE, activate, compiled, padded, product, sigmoid, softplus, tanh

# Columns of the table of layers: those of the encoder first, then those of phi_z
INPUTS, OUTPUTS, ACTIVATION, WEIGHT, BACK, BIAS, BEFORE = range(7)


class Sizes(NamedTuple):
    """Of a loop."""

    steps: int  # T
    batch: int  # B
    hidden: int  # H
    latent: int  # Z
    features: int  # the width of phi_z
    encoder: int  # how many layers
    layers: int  # how many, with those of phi_z
    widest: int  # of all that is multiplied


class Packed(NamedTuple):
    """Where the weights of the recurrence begin among the packed ones."""

    h_gates: int  # [H, 2 H], reset and update
    h_candidate: int  # [H, H]
    z_gates: int  # [phi_z, 2 H]
    z_candidate: int  # [phi_z, H]
    h_back: int  # [3 H, H]
    z_back: int  # [3 H, phi_z]


class Read(NamedTuple):
    """What the loop reads."""

    from_x: Any  # [T, B, E]
    drive: Any  # [T, B, 3 H]
    noise: Any  # [T, B, Z]


class Kept(NamedTuple):
    """What the loop leaves."""

    h: Any  # [T + 1, B, H]
    gates: Any  # [T, B, 2 H], reset and update
    candidate: Any  # [T, B, H]
    from_h: Any  # [T, B, H], the candidate's share of W h
    z: Any  # [T, B, Z]
    outputs: Any  # of all layers, one after the other, each [T, B, m]; the encoder's last: mean and sigma
    slopes: Any  # likewise, their derivatives


class Gradients(NamedTuple):
    """What comes back to the loop."""

    h: Any  # [T, B, H]
    mean: Any  # [T, B, Z]
    sigma: Any  # [T, B, Z]
    phi_z: Any  # [T, B, phi_z]


class Found(NamedTuple):
    """What the way back finds."""

    layers: Any  # as Kept.outputs
    driven: Any  # [T, B, 3 H]
    from_h: Any  # [T, B, 3 H]
    h: Any  # [B, H]; at the beginning, the gradient of the last h


@compiled
def there(sizes, table, places, packed, read, kept, floor, first, end):
    """The loop, for the rows from `first` to before `end`."""
    hidden, rows, everything = sizes.hidden, end - first, sizes.steps * sizes.batch
    sums = np.empty(rows * padded(sizes.widest), np.float32)
    gates = np.empty(rows * padded(2 * hidden), np.float32)
    from_h = np.empty(rows * padded(hidden), np.float32)
    candidate = np.empty(rows * padded(hidden), np.float32)
    for t in range(sizes.steps):
        place = t * sizes.batch + first
        value, at, width = kept.h, place * hidden, hidden
        for layer in range(sizes.layers):
            if layer == sizes.encoder:
                value, at, width = kept.z, place * sizes.latent, sizes.latent
            outputs = table[layer, OUTPUTS]
            product(
                value, at, width, packed, table[layer, WEIGHT], sums, 0, padded(outputs), rows, width, outputs, False
            )
            value, at, width = kept.outputs, everything * table[layer, BEFORE] + place * outputs, outputs
            span = value[at : at + rows * width]
            if layer == 0:
                add(sums, padded(width), read.from_x, place * width, width, rows, width, span)
            else:
                add(sums, padded(width), packed, table[layer, BIAS], 0, rows, width, span)
            slopes = kept.slopes[at : at + rows * width]
            if layer == sizes.encoder - 1:
                posterior(span, slopes, sums, rows, sizes.latent, floor)
                draw(span, read.noise, kept.z, place * sizes.latent, rows, sizes.latent)
            else:
                activate(table[layer, ACTIVATION], span, slopes)
        if sizes.layers == sizes.encoder:
            value, at, width = kept.z, place * sizes.latent, sizes.latent
        h, gates_row, row = kept.h, padded(2 * hidden), padded(hidden)
        product(h, place * hidden, hidden, packed, places.h_gates, gates, 0, gates_row, rows, hidden, 2 * hidden, False)
        product(value, at, width, packed, places.z_gates, gates, 0, gates_row, rows, width, 2 * hidden, True)
        product(h, place * hidden, hidden, packed, places.h_candidate, from_h, 0, row, rows, hidden, hidden, False)
        product(value, at, width, packed, places.z_candidate, candidate, 0, row, rows, width, hidden, False)
        gru(gates, from_h, candidate, read.drive, kept, place, sizes.batch, rows, hidden)


@compiled
def add(sums, sums_row, added, added_start, added_row, rows, width, result):
    """result = sums + added, both row by row; result without gaps."""
    for row in range(rows):
        left = sums[row * sums_row : row * sums_row + width]
        right = added[added_start + row * added_row : added_start + row * added_row + width]
        line = result[row * width : row * width + width]
        for i in range(width):
            line[i] = left[i] + right[i]


@compiled
def posterior(value, slope, spare, rows, latent, floor):
    """In place, from the encoder's outputs ``[rows, 2 Z]`` to mean and sigma = floor + softplus(...)."""
    for i in range(value.size):
        slope[i] = sigmoid(value[i])
    for i in range(value.size):
        spare[i] = floor + softplus(value[i])
    for row in range(rows):
        middle, end = (2 * row + 1) * latent, (2 * row + 2) * latent
        for i in range(middle - latent, middle):
            slope[i] = ONE
        for i in range(middle, end):
            value[i] = spare[i]


@compiled
def draw(value, noise, z, start, rows, latent):
    """z = mean + sigma noise."""
    for row in range(rows):
        mean = value[2 * row * latent : (2 * row + 1) * latent]
        sigma = value[(2 * row + 1) * latent : (2 * row + 2) * latent]
        chance = noise[start + row * latent : start + (row + 1) * latent]
        line = z[start + row * latent : start + (row + 1) * latent]
        for i in range(latent):
            line[i] = mean[i] + sigma[i] * chance[i]


@compiled
def gru(gates_sums, from_h_sums, candidate_sums, drive, kept, place, batch, rows, hidden):
    """h_t from the sums of products: reset and update, n = tanh(driven + reset from_h), h' = (1 - u) n + u h."""
    gates = kept.gates[2 * place * hidden : 2 * (place + rows) * hidden]
    candidate = kept.candidate[place * hidden : (place + rows) * hidden]
    from_h = kept.from_h[place * hidden : (place + rows) * hidden]
    add(gates_sums, padded(2 * hidden), drive, 3 * place * hidden, 3 * hidden, rows, 2 * hidden, gates)
    copy(from_h_sums, 0, padded(hidden), from_h, 0, hidden, rows, hidden)
    add(candidate_sums, padded(hidden), drive, (3 * place + 2) * hidden, 3 * hidden, rows, hidden, candidate)
    for i in range(gates.size):
        gates[i] = sigmoid(gates[i])
    for row in range(rows):
        reset = gates[2 * row * hidden : (2 * row + 1) * hidden]
        line = candidate[row * hidden : (row + 1) * hidden]
        share = from_h[row * hidden : (row + 1) * hidden]
        for i in range(hidden):
            line[i] += reset[i] * share[i]
    for i in range(candidate.size):
        candidate[i] = tanh(candidate[i])
    for row in range(rows):
        update = gates[(2 * row + 1) * hidden : (2 * row + 2) * hidden]
        line = candidate[row * hidden : (row + 1) * hidden]
        h = kept.h[(place + row) * hidden : (place + row + 1) * hidden]
        following = kept.h[(place + batch + row) * hidden : (place + batch + row + 1) * hidden]
        for i in range(hidden):
            following[i] = line[i] + update[i] * (h[i] - line[i])


@compiled
def back(sizes, table, places, packed, noise, kept, gradients, found, first, end):
    """The way back, for the rows from `first` to before `end`."""
    hidden, rows, everything = sizes.hidden, end - first, sizes.steps * sizes.batch
    sums = np.empty(rows * padded(sizes.widest), np.float32)
    dh = np.empty(rows * padded(hidden), np.float32)
    copy(found.h, first * hidden, hidden, dh, 0, padded(hidden), rows, hidden)
    for t in range(sizes.steps - 1, -1, -1):
        place = t * sizes.batch + first
        gru_back(dh, gradients.h, kept, found, place, rows, hidden)
        width, deltas, at, a_row = sizes.features, found.driven, 3 * place * hidden, 3 * hidden
        copy(gradients.phi_z, place * width, width, sums, 0, padded(width), rows, width)
        product(deltas, at, a_row, packed, places.z_back, sums, 0, padded(width), rows, a_row, width, True)
        for layer in range(sizes.layers - 1, -1, -1):
            width, before = table[layer, OUTPUTS], table[layer, INPUTS]
            at = everything * table[layer, BEFORE] + place * width
            if layer == sizes.encoder - 1:
                draw_back(sums, gradients, noise, kept.slopes, found.layers, at, place, rows, sizes.latent)
            else:
                times(sums, kept.slopes, found.layers, at, rows, width)
            if layer > 0:
                row = padded(before)
                product(found.layers, at, width, packed, table[layer, BACK], sums, 0, row, rows, width, before, False)
        row = padded(hidden)
        product(found.layers, at, width, packed, table[0, BACK], dh, 0, row, rows, width, hidden, True)
        at = 3 * place * hidden
        product(found.from_h, at, 3 * hidden, packed, places.h_back, dh, 0, row, rows, 3 * hidden, hidden, True)
    copy(dh, 0, padded(hidden), found.h, first * hidden, hidden, rows, hidden)


@compiled
def copy(source, source_start, source_row, target, target_start, target_row, rows, width):
    """Row by row."""
    for row in range(rows):
        at, to = source_start + row * source_row, target_start + row * target_row
        left, right = target[to : to + width], source[at : at + width]
        for i in range(width):
            left[i] = right[i]


@compiled
def times(sums, slopes, deltas, start, rows, width):
    """deltas = sums * slopes."""
    for row in range(rows):
        value = sums[row * padded(width) : row * padded(width) + width]
        slope = slopes[start + row * width : start + (row + 1) * width]
        line = deltas[start + row * width : start + (row + 1) * width]
        for i in range(width):
            line[i] = value[i] * slope[i]


@compiled
def draw_back(dz, gradients, noise, slopes, deltas, start, place, rows, latent):
    """Back through z = mean + sigma noise, and through sigma = floor + softplus(...)."""
    for row in range(rows):
        mean, sigma, end = start + 2 * row * latent, start + (2 * row + 1) * latent, start + (2 * row + 2) * latent
        at = (place + row) * latent
        chain = dz[row * padded(latent) : row * padded(latent) + latent]
        add_to_mean, add_to_sigma = gradients.mean[at : at + latent], gradients.sigma[at : at + latent]
        chance, slope = noise[at : at + latent], slopes[sigma:end]
        mean_delta, sigma_delta = deltas[mean:sigma], deltas[sigma:end]
        for i in range(latent):
            mean_delta[i] = add_to_mean[i] + chain[i]
        for i in range(latent):
            sigma_delta[i] = (add_to_sigma[i] + chain[i] * chance[i]) * slope[i]


@compiled
def gru_back(dh, gradient, kept, found, place, rows, hidden):
    """Back through `gru`; dh becomes the gradient of the h before, as far as it does not go through W h."""
    for row in range(rows):
        at = (place + row) * hidden
        reset, update = kept.gates[2 * at : 2 * at + hidden], kept.gates[2 * at + hidden : 2 * at + 2 * hidden]
        candidate, from_h = kept.candidate[at : at + hidden], kept.from_h[at : at + hidden]
        h = kept.h[at : at + hidden]
        driven, inner = found.driven[3 * at : 3 * (at + hidden)], found.from_h[3 * at : 3 * (at + hidden)]
        chain = dh[row * padded(hidden) : row * padded(hidden) + hidden]
        more = gradient[at : at + hidden]
        to_reset, to_update, to_candidate = driven[:hidden], driven[hidden : 2 * hidden], driven[2 * hidden :]
        for i in range(hidden):
            to_candidate[i] = chain[i] * (ONE - update[i]) * (ONE - candidate[i] * candidate[i])
        for i in range(hidden):
            to_update[i] = chain[i] * (h[i] - candidate[i]) * update[i] * (ONE - update[i])
        for i in range(hidden):
            to_reset[i] = to_candidate[i] * from_h[i] * reset[i] * (ONE - reset[i])
        for i in range(2 * hidden):
            inner[i] = driven[i]
        inner_candidate = inner[2 * hidden :]
        for i in range(hidden):
            inner_candidate[i] = to_candidate[i] * reset[i]
        for i in range(hidden):
            chain[i] = chain[i] * update[i] + more[i]
