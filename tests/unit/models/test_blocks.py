"""Feed-forward parts."""

import pytest
import torch

from studio.models.blocks import Block
from studio.models.settings import BlockSettings


@pytest.mark.parametrize("activation", ["relu", "tanh", "elu", "silu"])
@pytest.mark.parametrize("widths", [(), (7,), (7, 5, 6)])
def test_two_inputs_count_as_concatenated(widths: tuple[int, ...], activation: str) -> None:
    torch.manual_seed(0)
    settings = BlockSettings(widths=widths, activation=activation)  # type: ignore[arg-type]
    both, one = Block((3, 4), settings, outputs=2), Block((7,), settings, outputs=2)
    one.load_state_dict(both.state_dict())
    a, b = torch.randn(6, 3), torch.randn(6, 4)
    torch.testing.assert_close(both(a, b), one(torch.cat([a, b], -1)))


def test_first_layer_in_parts() -> None:
    torch.manual_seed(0)
    block = Block((3, 4), BlockSettings(widths=(8, 5)), outputs=2)
    a, b = torch.randn(6, 3), torch.randn(6, 4)
    first = block.from_first_input(a) + b @ block.second_input_weight.t()
    assert first.shape == (6, block.first_width)
    torch.testing.assert_close(block.after_first(first), block(a, b))


def test_no_layers_hand_the_inputs_on() -> None:
    block = Block((3, 4), BlockSettings(widths=()))
    a, b = torch.randn(6, 3), torch.randn(6, 4)
    torch.testing.assert_close(block(a, b), torch.cat([a, b], -1))
    assert block.width == 7


def test_last_layer_of_outputs_has_no_activation() -> None:
    torch.manual_seed(0)
    assert Block((3,), BlockSettings(widths=(4,)), outputs=5)(torch.randn(100, 3)).min() < 0
    assert Block((3,), BlockSettings(widths=(4,)))(torch.randn(100, 3)).min() == 0
