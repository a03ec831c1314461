"""A seed is the same training whatever the program does besides; the long form is tests/fuzz/seeds.py."""

import pytest
import seeds
import torch
from small_training import Workshop

from studio.evaluation.bounds import elbo
from studio.generation.sampler import generate_drawings
from studio.models.compiling import loop
from studio.training.checkpoints import Checkpoint, load_model
from studio.training.events import Saved


@pytest.mark.parametrize("name", ["pens-quick", "latent-ode", "roll", "mtrnn"])
def test_starts_repeat_while_others_draw_at_random(name):
    assert loop.settled()
    assert seeds.different(name, starts=5) == 0


def test_every_recipe_draws_its_weights_from_its_own_generator():
    from studio.models.building import build_model

    before = torch.get_rng_state()
    for name in seeds.recipes():
        recipe, representation, _ = seeds.prepared(name)
        model = build_model(recipe.model, representation.layout, 3)
        again = build_model(recipe.model, representation.layout, 3)
        assert all(torch.equal(*pair) for pair in zip(model.parameters(), again.parameters(), strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_training_drawing_and_measuring_leave_the_shared_generator_alone():
    workshop = Workshop(latent_look_ahead=0.1, input_noise=0.1)
    before = torch.get_rng_state()
    for event in workshop.trainer(seed=1).events():
        if isinstance(event, Saved):
            checkpoint = Checkpoint(event.weights, event.meta)
    model, representation, _ = load_model(checkpoint)
    generate_drawings(model, representation, count=2, length=9)
    elbo(model, workshop.sequences)
    assert torch.equal(torch.get_rng_state(), before)
