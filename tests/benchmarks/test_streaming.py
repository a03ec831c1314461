"""A voice that speaks for a minute while its model goes on training: is all of it heard, and how soon do sliders act?

    pytest -s tests/benchmarks/test_streaming.py

The studio runs in a process of its own, plays into a real sound server, and what the loudspeaker plays is recorded.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

TOP = Path(__file__).parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "e2e"))

from sound_server import SoundServer, best_correlation, missing_programs  # noqa: E402

RATE = 16000  # of the shipped recordings
SECONDS = 60

STUDIO = """
import json, sys, time
from pathlib import Path
import numpy as np
from studio.sound.player import Player
from studio.workbench import GenerationSettings, Workbench

folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
bench = Workbench()
bench.new(folder / "speech.vrnn")

def until(happened):
    while not happened():
        bench.poll()
        time.sleep(1 / 30)

bench.import_sample_speech()
until(lambda: len(bench.materials("audio")) > 100 and not bench.jobs())
bench.train("speech", seed=1)
until(lambda: bench.newest_run() is not None and bench.training.step > 20)
print("ready", flush=True)
input()
voice = bench.live_voice(GenerationSettings(seed=1))
until(lambda: voice.ready or voice.error)
player = Player()
player.stream(voice.read, voice.rate)
until(lambda: player.position > 0)
begun, step, delays = time.monotonic(), bench.training.step, []
while time.monotonic() - begun < seconds:
    bench.poll()
    variance = 0.5 + 0.5 * ((time.monotonic() - begun) % 1)
    voice.variance = (variance, 0.3)
    delays.append(voice.made / voice.rate - player.position)
    time.sleep(1 / 30)
steps = bench.training.step - step
underruns, error, heard = player.underruns, player.error, player.position
player.stop()
np.save(folder / "made.npy", voice.samples()[: int(voice.rate * heard)])
print(json.dumps(dict(underruns=underruns, error=error or voice.error, steps=steps, delays=delays)), flush=True)
voice.close()
bench.close()
"""


@pytest.fixture
def server() -> Iterator[SoundServer]:
    if missing := missing_programs():
        pytest.skip(f"no sound server without {missing}")
    with SoundServer(RATE) as server:
        yield server


@pytest.mark.slow
def test_a_minute_of_speech_while_training(server: SoundServer, tmp_path: Path) -> None:
    studio = subprocess.Popen(
        [sys.executable, "-c", STUDIO, str(tmp_path), str(SECONDS)],
        env=server.environment | {"PYTHONPATH": str(TOP)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert studio.stdout is not None
    assert studio.stdin is not None
    assert studio.stdout.readline() == "ready\n"
    listener = server.listen()
    studio.stdin.write("\n")
    studio.stdin.flush()
    told = json.loads(studio.stdout.readline())
    heard = listener.heard()[:, 0]
    listener.close()
    studio.communicate()
    made = np.load(tmp_path / "made.npy")
    correlation, _ = best_correlation(made, heard)
    delays = 1000 * np.percentile(told["delays"], [50, 99, 100])
    print(f"\n{len(made) / RATE:.1f} s heard while {told['steps']} updates were made; underruns {told['underruns']}")
    print(f"what was heard and what was made correlate to {correlation:.5f}")
    print("from the slider to the ear: median {:.0f} ms, 99% {:.0f} ms, longest {:.0f} ms".format(*delays))
    assert told["error"] == ""
    assert told["steps"] > 0
    assert told["underruns"] == 0
    assert correlation > 0.999
    assert delays[1] < 200
