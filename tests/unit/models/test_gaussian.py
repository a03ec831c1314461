"""The diagonal Gaussian against torch.distributions."""

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from studio.models.gaussian import DiagonalGaussian


@pytest.fixture
def pair() -> tuple[DiagonalGaussian, DiagonalGaussian]:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(2, 5, 3, 4, generator=generator)
    sigma = 0.05 + 3 * torch.rand(2, 5, 3, 4, generator=generator)
    return DiagonalGaussian(mean[0], sigma[0]), DiagonalGaussian(mean[1], sigma[1])


def reference(gaussian: DiagonalGaussian) -> Independent:
    return Independent(Normal(gaussian.mean, gaussian.sigma), 1)


def test_log_prob(pair: tuple[DiagonalGaussian, DiagonalGaussian]) -> None:
    x = torch.randn(5, 3, 4)
    torch.testing.assert_close(pair[0].log_prob(x), reference(pair[0]).log_prob(x))


def test_kl(pair: tuple[DiagonalGaussian, DiagonalGaussian]) -> None:
    first, second = pair
    torch.testing.assert_close(first.kl(second), kl_divergence(reference(first), reference(second)))
    torch.testing.assert_close(first.kl(first), torch.zeros(5, 3))


def test_kl_is_what_samples_say(pair: tuple[DiagonalGaussian, DiagonalGaussian]) -> None:
    first, second = (DiagonalGaussian(g.mean[0, 0], g.sigma[0, 0]) for g in pair)
    x = first.sample(torch.randn(200_000, 4, generator=torch.Generator().manual_seed(1)))
    estimate = (first.log_prob(x) - second.log_prob(x)).mean()
    torch.testing.assert_close(estimate, first.kl(second), rtol=0.02, atol=0.02)


def test_sigma_never_falls_below_the_floor() -> None:
    gaussian = DiagonalGaussian.from_raw(torch.full((3, 4), -1e4), 0.01)
    torch.testing.assert_close(gaussian.sigma, torch.full((3, 2), 0.01))
    assert gaussian.log_prob(gaussian.mean).isfinite().all()


def test_scale_multiplies_the_standard_deviation() -> None:
    gaussian = DiagonalGaussian(torch.zeros(2), torch.tensor([1.0, 3.0]))
    samples = gaussian.sample(torch.randn(50_000, 2, generator=torch.Generator().manual_seed(0)), scale=2.0)
    torch.testing.assert_close(samples.std(0), torch.tensor([2.0, 6.0]), rtol=0.02, atol=0)
