"""Where the window gets its sound from: this computer, or what a test puts in its place."""

from __future__ import annotations

from dataclasses import dataclass

from studio.ui.audio.devices import FindDevices, real_devices
from studio.ui.audio.output import MakePlayer, real_player
from studio.ui.audio.recording_bar import MakeRecorder, real_recorder


@dataclass(frozen=True)
class SoundSystem:
    """Ways to loudspeakers and microphones; none is touched before somebody wants to hear or say something."""

    make_player: MakePlayer = real_player
    make_recorder: MakeRecorder = real_recorder
    find_devices: FindDevices = real_devices
