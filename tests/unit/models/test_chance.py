"""Fresh weights come from a generator that is passed in, whatever else draws at random meanwhile."""

import threading

import pytest
import torch
from torch import nn

from studio.models.chance import drawing_from, seeded

LAYERS = {
    "linear": lambda: nn.Linear(3, 4).weight,
    "cell": lambda: nn.GRUCell(3, 4).weight_ih,
    "gru": lambda: nn.GRU(2, 3).weight_hh_l0,
    "init": lambda: nn.init.uniform_(torch.empty(3), -1, 1),
    "uniform_": lambda: torch.empty(4).uniform_(1, 2),
    "normal_": lambda: torch.empty(4)[1:3].normal_(),
    "randn": lambda: torch.randn(3),
    "rand": lambda: torch.rand(3),
    "randperm": lambda: torch.randperm(9),
    "randint": lambda: torch.randint(9, (5,)),
    "bernoulli": lambda: torch.bernoulli(torch.full((9,), 0.5)),
    "multinomial": lambda: torch.multinomial(torch.ones(9), 4),
}


@pytest.mark.parametrize("name", LAYERS)
def test_it_gives_what_torchs_own_would_give_and_leaves_that_alone(name):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = LAYERS[name]()
    before = torch.get_rng_state()
    with drawing_from(seeded(5)):
        found = LAYERS[name]()
    assert torch.equal(found, expected)
    assert found.requires_grad == expected.requires_grad
    assert torch.equal(torch.get_rng_state(), before)


def test_a_generator_that_was_named_is_used():
    with drawing_from(seeded(5)):
        found = torch.randn(3, generator=seeded(6))
    assert torch.equal(found, torch.randn(3, generator=seeded(6)))


def test_it_holds_on_one_thread_alone():
    """Another thread in a context of its own, and one without, in turns with this one."""
    alone = seeded(1)
    with drawing_from(alone):
        expected = [torch.randn(4) for _ in range(50)]
    turn, found = threading.Barrier(3), {}

    def draw(name, generator):
        with drawing_from(generator):
            found[name] = [turn.wait() is None or torch.randn(4) for _ in range(50)]

    def disturb():
        for _ in range(50):
            turn.wait()
            torch.manual_seed(3)
            torch.randn(4)

    threads = [threading.Thread(target=draw, args=(i, seeded(i))) for i in (1, 2)] + [threading.Thread(target=disturb)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.equal(torch.stack(found[1]), torch.stack(expected))
    assert not torch.equal(torch.stack(found[2]), torch.stack(expected))


def test_what_cannot_be_told_is_refused():
    with drawing_from(seeded(1)), pytest.raises(RuntimeError, match="rand_like cannot be told"):
        torch.rand_like(torch.ones(3))


def test_all_families_of_layers_are_told():
    """Nothing that a model is made of draws from what all threads share."""
    before = torch.get_rng_state()
    with drawing_from(seeded(5)):
        for kind in (nn.Conv1d(2, 3, 2), nn.LSTMCell(2, 3), nn.Embedding(4, 2), nn.Bilinear(2, 2, 2), nn.RNN(2, 3)):
            assert all(bool(torch.isfinite(value).all()) for value in kind.parameters())
    assert torch.equal(torch.get_rng_state(), before)
