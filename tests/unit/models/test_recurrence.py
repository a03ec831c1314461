"""GRU, LSTM and Elman against torch's own cells."""

import pytest
import torch
from torch import nn

from studio.models.recurrence import GRU, LSTM, RECURRENCES, Elman, Recurrence

X, Z, H, B = 5, 3, 7, 4
CELLS = {GRU: nn.GRUCell, LSTM: nn.LSTMCell, Elman: nn.RNNCell}


@pytest.mark.parametrize("kind", CELLS)
@torch.no_grad()
def test_same_as_torch(kind: type[Recurrence]) -> None:
    torch.manual_seed(0)
    ours, theirs = kind((X, Z), H, memory=0), CELLS[kind](X + Z, H)
    theirs.weight_ih.copy_(torch.cat([ours.weight_x, ours.weight_z], 1))
    theirs.weight_hh.copy_(ours.weight_h)
    theirs.bias_ih.copy_(ours.bias)
    theirs.bias_hh.zero_()
    phi_x, phi_z, h = torch.randn(B, X), torch.randn(B, Z), torch.randn(B, H)
    cell = torch.randn(B, H) if ours.has_cell else None
    expected = theirs(torch.cat([phi_x, phi_z], 1), h if cell is None else (h, cell))
    found_h, found_cell = ours(phi_x, phi_z, h, cell)
    if found_cell is None:
        torch.testing.assert_close(found_h, expected)
    else:
        torch.testing.assert_close((found_h, found_cell), expected)


def test_gates_start_out_remembering_spans_up_to_the_memory() -> None:
    torch.manual_seed(0)
    gru = GRU((X, Z), 2000, memory=64)
    spans = gru.bias[2000:4000].exp()  # sigmoid(log T) = 1 - 1 / (1 + T)
    assert spans.min() >= 1
    assert spans.max() <= 64
    assert 25 < spans.mean() < 40  # uniform between the two
    assert gru.bias[:2000].abs().max() < 0.1

    lstm = LSTM((X, Z), 2000, memory=64)
    forget = lstm.bias[2000:4000]
    assert 25 < forget.exp().mean() < 40
    torch.testing.assert_close(lstm.bias[:2000], -forget)


@pytest.mark.parametrize("kind", RECURRENCES)
def test_memory_zero_is_the_ordinary_start(kind: str) -> None:
    assert RECURRENCES[kind]((X, Z), 100, memory=0).bias.abs().max() <= 0.1
