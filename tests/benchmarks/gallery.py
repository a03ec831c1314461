"""Draws the pictures of the README's gallery: trains on each material, and shows real beside generated drawings.

    python tests/benchmarks/gallery.py [--material DIR] [--only NAME]...

The material that this project makes itself is always drawn. Real material is looked for below DIR, by default the
folder that the tests use; what is not there is left out, and its picture stays as it was.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "docs" / "pictures" / "gallery"
sys.path.insert(0, str(ROOT))

from studio import cli  # noqa: E402
from studio.files.images import to_png  # noqa: E402
from studio.files.readers import read_materials  # noqa: E402
from studio.sequences.material import Drawing  # noqa: E402

SHOWN = 9
SIDE = 640  # pixels


@dataclass(frozen=True)
class Entry:
    """One line of the gallery.

    Attributes:
        name: of the picture files.
        recipe: as for ``train --recipe``.
        material: a file below the folder of real material; "" where `pattern` or `sample` says what to take.
        member: the folder to take out of it, where it is a zip file.
        pattern: words after ``vrnn-studio pattern``.
        sample: a file of sample_data/.
        settings: as for ``train --set``.
        length: frames to generate; None: until a drawing ends.
        seed: of the samples.
        shown: which points of a drawing are; long traces are unreadable as a whole, and begin anywhere.
        variance: as for ``generate --output-variance``.
    """

    name: str
    recipe: str
    material: str = ""
    member: str = ""
    pattern: tuple[str, ...] = ()
    sample: str = ""
    settings: tuple[str, ...] = ()
    length: int | None = None
    seed: int = 1
    shown: tuple[int | None, int | None] = (None, None)
    variance: float = 1.0


LONG_TRACES = ("--count", "120", "--points", "1024", "--seed", "1")
ENTRIES = (
    Entry("eights", "pens", sample="eights.json"),
    Entry("faces", "drawings", sample="faces.json", settings=("training.steps=1500",)),
    Entry("eye", "patterns", pattern=("eye", *LONG_TRACES), length=320, shown=(160, 320)),
    Entry("automaton", "patterns", pattern=("circle-triangle-eight", *LONG_TRACES), length=800, shown=(400, 800)),
    Entry("quickdraw", "drawings", material="quickdraw/apple.ndjson", settings=("training.steps=1500",)),
    Entry(
        "omniglot",
        "drawings",
        material="omniglot/strokes_background_small1.zip",
        member="strokes_background_small1/Korean/character10/",
        settings=("training.steps=1500",),
    ),
)


def main() -> int:
    """Draw all entries, or those asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", type=Path, default=ROOT.parent / "shared" / "data", metavar="DIR")
    parser.add_argument("--only", action="append", choices=[entry.name for entry in ENTRIES], metavar="NAME")
    options = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for entry in ENTRIES:
        if options.only and entry.name not in options.only:
            continue
        if entry.material and not (options.material / entry.material).exists():
            print(f"{entry.name}: left out, {options.material / entry.material} is not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            draw(entry, Path(folder), options.material)
    return 0


def draw(entry: Entry, folder: Path, material: Path) -> None:
    """Train on an entry's material and write its two pictures."""
    source = gathered(entry, folder, material)
    project = folder / f"{entry.name}.vrnn"
    run("new", project)
    run("import", project, source)
    settings = [word for setting in entry.settings for word in ("--set", setting)]
    run("train", project, "--recipe", entry.recipe, "--seed", "1", *settings)
    length = [] if entry.length is None else ["--length", entry.length]
    out = folder / "generated.json"
    chance = ["--output-variance", entry.variance]
    run("generate", project, "--count", SHOWN, "--seed", entry.seed, *length, *chance, "--out", out)
    run("evaluate", project)
    real = [item.material for item in read_materials([source]).materials]
    show(f"{entry.name}-real", spread(real), entry.shown)
    show(f"{entry.name}-generated", [item.material for item in read_materials([out]).materials], entry.shown)


def gathered(entry: Entry, folder: Path, material: Path) -> Path:
    """The file or folder with the entry's material."""
    if entry.member:
        return unpacked(material / entry.material, entry.member, folder)
    if entry.material:
        return material / entry.material
    if entry.sample:
        return Path(shutil.copy(ROOT / "sample_data" / entry.sample, folder))
    run("pattern", *entry.pattern, "--out", folder / "pattern")
    return folder / "pattern"


def unpacked(archive: Path, member: str, folder: Path) -> Path:
    """One folder of a zip file."""
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder, [name for name in file.namelist() if name.startswith(member)])
    return folder / member


def spread(drawings: list[Drawing]) -> list[Drawing]:
    """As many as are shown, from all over the material."""
    return drawings[:: max(1, len(drawings) // SHOWN)][:SHOWN]


def show(name: str, drawings: list[Drawing], shown: tuple[int | None, int | None]) -> None:
    """Write one picture."""
    part = slice(*shown)
    drawings = [
        Drawing.from_points(drawing.points[part], drawing.pen_up[part], y_up=drawing.y_up) for drawing in drawings
    ]
    path = PICTURES / f"{name}.png"
    path.write_bytes(to_png(drawings, SIDE))
    print(f"wrote {path.relative_to(ROOT)}")


def run(*words: object) -> None:
    """One command of the studio."""
    arguments = [str(word) for word in words]
    print("vrnn-studio", *arguments, flush=True)
    code = cli.main(arguments)
    if code != 0:
        raise SystemExit(code)


if __name__ == "__main__":
    sys.exit(main())
