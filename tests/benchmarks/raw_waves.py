"""Waveforms real and generated, whole and zoomed into, as Chung et al. 2015 (arXiv:1506.02216) show in Figure 3.

    python tests/benchmarks/raw_waves.py [--steps 400]

Trains an RNN-GMM and a VRNN-GMM of as many weights on raw frames of the spoken digits in sample_data/, by the command
line, and writes docs/pictures/raw-waves.png: a table of their bounds, and below it what they generate beside real
digits.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent.parent
PICTURE = ROOT / "docs" / "pictures" / "raw-waves.png"
sys.path.insert(0, str(ROOT))

from studio import cli  # noqa: E402

COMMON = ("--recipe", "speech-raw", "--seed", "1", "--set", "rate=8000", "--set", "decoder.widths=[96]")
RUNS = {
    "rnn-gmm": ("--set", "latent=0", "--set", "hidden=416"),  # 1,361,877 weights
    "vrnn-gmm": (),  # 1,360,245 weights
}
ZOOM = 0.03  # seconds
COLOURS = 32  # enough for ink on paper, and half the file's size


def main() -> int:
    """Train both, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400, metavar="N", help="updates of each (default: 400)")
    parser.add_argument("--out", type=Path, default=PICTURE, metavar="FILE", help=f"default: {PICTURE.name} in docs/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "digits.vrnn"
        run("new", project)
        run("import", project, ROOT / "sample_data" / "speech")
        for name, settings in RUNS.items():
            run("train", project, *COMMON, "--steps", options.steps, *settings, "--run", name)
        run("compare", project, *RUNS, "--image", options.out, "--zoom", ZOOM)
    with Image.open(options.out) as picture:
        small = picture.convert("RGB").quantize(COLOURS)
    small.save(options.out, optimize=True)
    return 0


def run(*words: object) -> None:
    """One command of the studio."""
    arguments = [str(word) for word in words]
    print("vrnn-studio", *arguments, flush=True)
    if code := cli.main(arguments):
        raise SystemExit(code)


if __name__ == "__main__":
    sys.exit(main())
