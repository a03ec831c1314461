"""The yardstick: the same model as most people write it in PyTorch, one frame after the other, with nn.GRUCell."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.models.blocks import Block
from studio.models.gaussian import DiagonalGaussian
from studio.models.recurrence import GRU
from studio.models.vrnn import LATENT_SIGMA_FLOOR, VRNN


class PlainVRNN(nn.Module):
    """A copy of a model that uses relu throughout; the same loss, and the same samples from the same noise."""

    def __init__(self, model: VRNN) -> None:
        super().__init__()
        assert isinstance(model.recurrence, GRU)
        assert model.layout.step is None
        self.hidden = model.settings.hidden
        self.phi_x = _sequential(model.phi_x)
        self.phi_z = _sequential(model.phi_z)
        self.prior = _sequential(model.prior_net, linear_end=True)
        self.encoder = _sequential(model.encoder, linear_end=True)
        self.decoder = _sequential(model.decoder)
        self.likelihood = model.likelihood
        weights = model.recurrence
        self.cell = nn.GRUCell(weights.weight_x.shape[1] + weights.weight_z.shape[1], self.hidden)
        with torch.no_grad():
            self.cell.weight_ih.copy_(torch.cat([weights.weight_x, weights.weight_z], 1))
            self.cell.weight_hh.copy_(weights.weight_h)
            self.cell.bias_ih.copy_(weights.bias)
            self.cell.bias_hh.zero_()

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """The mean over frames and sequences of reconstruction and KL, for x ``[T, B, D]`` and noise ``[T, B, Z]``."""
        h = x.new_zeros(x.shape[1], self.hidden)
        means, sigmas, prior_means, prior_sigmas, features = [], [], [], [], []
        for t in range(len(x)):
            phi_x = self.phi_x(x[t])
            mean, raw = self.encoder(torch.cat([phi_x, h], 1)).chunk(2, 1)
            sigma = F.softplus(raw) + LATENT_SIGMA_FLOOR
            prior_mean, prior_raw = self.prior(h).chunk(2, 1)
            phi_z = self.phi_z(mean + sigma * noise[t])
            features.append(self.decoder(torch.cat([phi_z, h], 1)))
            h = self.cell(torch.cat([phi_x, phi_z], 1), h)
            means.append(mean)
            sigmas.append(sigma)
            prior_means.append(prior_mean)
            prior_sigmas.append(F.softplus(prior_raw) + LATENT_SIGMA_FLOOR)
        posterior = DiagonalGaussian(torch.stack(means), torch.stack(sigmas))
        prior = DiagonalGaussian(torch.stack(prior_means), torch.stack(prior_sigmas))
        output = self.likelihood.parameters_from(torch.stack(features))
        return (posterior.kl(prior) - self.likelihood.log_prob(output, x)).mean()

    @torch.inference_mode()
    def generate(self, noise: Tensor) -> Tensor:
        """As many frames as noise ``[T, B, noise_width]`` has, ``[T, B, D]``."""
        h = noise.new_zeros(noise.shape[1], self.hidden)
        frames = []
        for t in range(len(noise)):
            mean, raw = self.prior(h).chunk(2, 1)
            phi_z = self.phi_z(mean + (F.softplus(raw) + LATENT_SIGMA_FLOOR) * noise[t, :, : mean.shape[1]])
            output = self.likelihood.parameters_from(self.decoder(torch.cat([phi_z, h], 1)))
            x = self.likelihood.sample(output, noise[t, :, mean.shape[1] :])
            h = self.cell(torch.cat([self.phi_x(x), phi_z], 1), h)
            frames.append(x)
        return torch.stack(frames)


def _sequential(block: Block, linear_end: bool = False) -> nn.Sequential:
    parts: list[nn.Module] = []
    for layer in block.layers:
        assert isinstance(layer, nn.Linear)
        copy = nn.Linear(layer.in_features, layer.out_features)
        copy.load_state_dict(layer.state_dict())
        parts += [copy, nn.ReLU()]
    return nn.Sequential(*(parts[:-1] if linear_end else parts))
