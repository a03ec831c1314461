"""What z decides of all that varies, for each recipe on the material it is for; docs/models.md has the figures.

    pytest -s tests/benchmarks/test_latent_share.py [-k speech]

A share is the spread of what is generated where only the latent noise varies (output variance 0) over the spread where
both vary (1 and 1); `studio/generation/latent_share.py` says what a spread is of drawings, recordings, texts and rolls.
It is measured as the window does, once more with another seed to see how far it is chance, and must be the same within
a third of itself; whether it is large is a matter of the recipe, and told.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from held_back import fill, trained

from studio.generation.latent_share import latent_share
from studio.workbench import Workbench
from studio.workbench.latent import LEAST_SHARE

SEED = 1
TRIES = (
    *(("pens", "eights"), ("patterns", "eye"), ("patterns-latent", "eye")),
    *(("vrnn-gauss", "eye"), ("speech", "speech"), ("text", "harbour"), ("roll", "canons"), ("roll", "rhythms")),
)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("recipe", "sample"), TRIES)
def test_share(recipe: str, sample: str, tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "home", remember=False)
    try:
        fill(bench, sample, None, tmp_path)
        trained(bench, recipe, SEED, {})
        (run,) = bench.runs()
        loaded = bench._load_model(run.id)
        found = [latent_share(loaded.model, loaded.representation, seed=seed) for seed in (0, 1)]
        job = bench.measure_latent_share(run.id)
        assert job is not None
        assert bench.wait(job).result == pytest.approx(found[0].share)
        shares = [one.share for one in found]
        off = "off" if bench.why_latent_does_nothing(run.id) else "on"
        print(
            f"| `{recipe}` | {sample} | {shares[0]:.3f}, {shares[1]:.3f} | "
            f"{found[0].latent:.3g} of {found[0].both:.3g} | {off} |",
            flush=True,
        )
        assert (off == "off") == (shares[0] < LEAST_SHARE)
        assert shares[1] == pytest.approx(shares[0], rel=0.3, abs=0.03)
    finally:
        bench.close()
