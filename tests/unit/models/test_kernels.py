"""Products and elementwise functions, against numpy in float64."""

import subprocess
import sys

import numpy as np
import platformdirs
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from torch.nn import functional as F

from studio.models import compiled, kernels, products, threads

sizes = st.integers(1, 80)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@settings(max_examples=60)
@given(st.integers(1, 40), sizes, sizes, st.integers(0, 1000))
def test_dense(rows, n, m, seed):
    values, matrix, bias = normal(seed, rows, n), normal(seed + 1, n, m), normal(seed + 2, m)
    packed = np.full(n * compiled.padded(m), np.nan, np.float32)
    compiled.products().pack(matrix, packed, 0)
    result = np.full((rows + 2, m), 7, np.float32)
    compiled.products().dense(values, packed, bias, result[:rows], 0, rows)
    np.testing.assert_allclose(result[:rows], values.astype(float) @ matrix + bias, rtol=1e-5, atol=1e-5)
    assert (result[rows:] == 7).all()


@settings(max_examples=40)
@given(st.integers(1, 600), sizes, sizes, st.integers(0, 1000))
def test_outer(rows, m, n, seed):
    deltas, values = normal(seed, rows, m), normal(seed + 1, rows, n)
    sums = np.full((m, compiled.padded(n)), np.nan, np.float32)
    middle = m // 2
    compiled.products().outer(deltas, values, sums, 0, middle)
    compiled.products().outer(deltas, values, sums, middle, m)
    np.testing.assert_allclose(sums[:, :n], deltas.astype(float).T @ values, rtol=1e-4, atol=1e-4)


def test_outer_where_there_is_no_latent_variable():
    assert products.outer(torch.ones(3, 2, 4), torch.ones(3, 2, 0)).shape == (4, 0)
    assert products.outer(torch.ones(3, 2, 0), torch.ones(3, 2, 4)).shape == (0, 4)


def test_packing_takes_weights_as_they_lie():
    weight = normal(0, 50, 37)
    for matrix in (weight[5:40, 3:30], weight.T, weight[::2]):
        packed = np.zeros(matrix.shape[0] * compiled.padded(matrix.shape[1]) + 5, np.float32)
        compiled.products().pack(matrix, packed, 5)
        panels = packed[5:].reshape(-1, matrix.shape[0], kernels.PANEL)
        unpacked = panels.transpose(1, 0, 2).reshape(matrix.shape[0], -1)
        np.testing.assert_array_equal(unpacked[:, : matrix.shape[1]], matrix)
        assert not unpacked[:, matrix.shape[1] :].any()


@njit
def each(function, x, y):
    for i in range(x.size):
        y[i] = function(x[i])


X = np.concatenate([np.linspace(-100, 100, 4001), np.geomspace(1e-30, 1, 500), -np.geomspace(1e-30, 1, 500), [0.0]])


@pytest.mark.parametrize(
    ("function", "true"),
    [
        (kernels.tanh, np.tanh),
        (kernels.sigmoid, lambda x: np.exp(-np.logaddexp(0, -x))),
        (kernels.softplus, lambda x: np.logaddexp(0, x)),
        (kernels.exp_of_negative, lambda x: np.exp(np.minimum(x, 0))),
    ],
    ids=["tanh", "sigmoid", "softplus", "exp_of_negative"],
)
def test_elementwise_functions_are_exact_to_the_last_digits(function, true):
    x = (np.minimum(X, 0) if function is kernels.exp_of_negative else X).astype(np.float32)
    y = np.empty_like(x)
    each(function, x, y)
    np.testing.assert_allclose(y, true(x.astype(float)), rtol=5e-7, atol=1e-37)
    each(function, np.full(20, np.nan, np.float32), y[:20])
    assert np.isnan(y[:20]).all()


@pytest.fixture(params=[1, 2, 3], ids="{} threads".format)
def some_threads(request):
    threads.use(request.param)
    yield
    threads.use(1)


@pytest.mark.usefixtures("some_threads")
@pytest.mark.parametrize("compiled_is_faster", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(300, 32, 10, 60), (4000, 1, 33, 70), (5, 2, 3, 4)])
def test_linear_is_torchs_linear(shape, bias, compiled_is_faster, monkeypatch):
    monkeypatch.setattr(products, "_compiled_is_faster", lambda *_: compiled_is_faster)
    steps, batch, n, m = shape
    generator = torch.Generator().manual_seed(0)
    value = torch.randn(steps, batch, n, generator=generator, requires_grad=True)
    weight = torch.randn(m, 2 * n, generator=generator, requires_grad=True)
    added = torch.randn(m, generator=generator, requires_grad=True) if bias else None
    leaves = [leaf for leaf in (value, weight, added) if leaf is not None]
    ours, theirs = (f(value, weight[:, :n], added) for f in (products.linear, F.linear))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    gradients = [torch.autograd.grad(result.sin().sum(), leaves) for result in (ours, theirs)]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-2)


@pytest.mark.usefixtures("some_threads")
def test_linear_is_shared_out_where_nothing_is_learned(monkeypatch):
    """As in a validation: what is made in inference mode may be written to by threads in that mode alone."""
    monkeypatch.setattr(products, "_compiled_is_faster", lambda *_: False)
    value, weight = torch.ones(4000, 32), torch.ones(50, 32)
    with torch.inference_mode():
        found = products.linear(value, weight)
    assert torch.equal(found, torch.full((4000, 50), 32.0))


def test_linear_is_compiled_for_large_work_only():
    value, weight = torch.ones(4000, 40), torch.ones(50, 40, requires_grad=True)
    assert type(products.linear(value, weight).grad_fn).__name__ == "ViewBackward0"
    assert type(products.linear(value[:10], weight).grad_fn).__name__ == "MmBackward0"
    doubled = products.linear(value.double(), weight.double())
    assert type(doubled.grad_fn).__name__ == "MmBackward0"


def test_shares_cover_everything_once_and_failures_are_seen():
    try:
        for count in (1, 2, 3):
            threads.use(count)
            seen = np.zeros(100, int)
            threads.share(
                100, 10, lambda first, end, seen=seen: seen.__setitem__(slice(first, end), 1 + seen[first:end])
            )
            assert (seen == 1).all()
            with pytest.raises(ZeroDivisionError):
                threads.share(100, 10, lambda first, end: 1 // (100 - end))
    finally:
        threads.use(1)


WHERE = "import sys, studio.models.compiled as compiled; print(compiled.place)"


def test_what_is_compiled_is_kept_where_caches_belong(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    def said() -> str:
        return subprocess.run([sys.executable, "-c", WHERE], capture_output=True, text=True, check=True).stdout.strip()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    assert said() == str(tmp_path / "elsewhere")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert said() == str(platformdirs.user_cache_path("vrnn-studio", appauthor=False) / "compiled")
