"""No real sound system in unit tests."""

import pytest
from fake_sounddevice import FakeSoundDevice


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> FakeSoundDevice:
    """What the studio takes for PortAudio: stereo speakers and a microphone."""
    fake = FakeSoundDevice()
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", fake)
    return fake
