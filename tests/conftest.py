"""What all tests share: real material, a home that is not the user's, and a hypothesis that watches no clock."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A slow machine is not a defect: no deadline, and no complaint that data came slowly.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same inputs each time, so that a test that fails has failed because of a change; to look for new ones:
# pytest --hypothesis-profile=explore
settings.register_profile("studio", settings.get_profile("explore"), derandomize=True)
settings.load_profile("studio")


def pytest_configure(config: pytest.Config) -> None:
    """Keep settings, recent projects and logs of the program under test out of the user's home.

    What is compiled is kept beside the tests' other caches, so that it is compiled once and not by every process.
    """
    os.environ.setdefault("NUMBA_CACHE_DIR", str(config.rootpath / ".pytest_cache" / "compiled"))
    home = tempfile.TemporaryDirectory(prefix="vrnn-studio-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        os.environ[f"XDG_{name}_HOME"] = str(Path(home.name, name.lower()))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real material beside the checkout; tests that need it skip where it is absent."""
    folder = Path(__file__).parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real material beside the checkout")
    return folder
