"""Draws the pictures of the README's gallery and of docs/models.md, and fills the table of models there.

Trains on each material, and shows real beside generated drawings.

    python tests/benchmarks/gallery.py [--material DIR] [--only NAME]...

The material that this project makes itself is always drawn. Real material is looked for below DIR, by default the
folder that the tests use; what is not there is left out, and its picture stays as it was.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import tempfile
import zipfile
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from model_table import AUTOMATON, Model, automaton_line, line, put

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "docs" / "pictures" / "gallery"
PAGE = ROOT / "docs" / "models.md"
sys.path.insert(0, str(ROOT))

from slider import slider_gif  # noqa: E402

from studio import cli  # noqa: E402
from studio.files.images import to_png  # noqa: E402
from studio.files.readers import read_materials  # noqa: E402
from studio.sequences.material import Drawing  # noqa: E402

SLIDER = "latent-slider"
SHOWN = 9
SIDE = 640  # pixels
EXCERPT = 200  # characters of a text that are shown
DECIDING = ("eye", "circle-triangle-eight")  # patterns whose shapes can be told apart


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
        count: how many are generated.
        shown: which points of a drawing are; long traces are unreadable as a whole, and begin anywhere.
        written: how what is generated is kept: as drawings, of which a picture is drawn here, as a picture, or as text.
        variance: as for ``generate --output-variance``; None: as the recipe has it.
        model: what the table of models says of it; None: it is not in there.
        alone: whether the material has no picture of its own: another entry has the same.
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
    count: int = SHOWN
    shown: tuple[int | None, int | None] = (None, None)
    written: Literal["json", "png", "txt"] = "json"
    variance: float | None = 1.0
    model: Model | None = None
    alone: bool = False


def compared(recipe: str, model: Model, variance: float = 1.0) -> tuple[Entry, ...]:
    """A model to compare, on the eye and on the automaton."""
    return (
        Entry(
            f"eye-{recipe}",
            recipe,
            pattern=("eye", *LONG_TRACES),
            length=320,
            shown=(160, 320),
            variance=variance,
            model=model,
            alone=True,
        ),
        Entry(
            f"automaton-{recipe}",
            recipe,
            pattern=("circle-triangle-eight", *LONG_TRACES),
            length=800,
            shown=(400, 800),
            variance=variance,
            model=replace(model, table=AUTOMATON),
            alone=True,
        ),
    )


VRNN_GMM = Model("VRNN-GMM", "the VRNN with a mixture for the output (Chung et al. 2015, section 3)")
LONG_TRACES = ("--count", "120", "--points", "1024", "--seed", "1")
OTHER_RECURRENCES = tuple(
    Entry(
        f"eye-vrnn-gauss-{recurrence}",
        "vrnn-gauss",
        pattern=("eye", *LONG_TRACES),
        settings=(f"recurrence={recurrence}",),
        length=320,
        shown=(160, 320),
        model=model,
        alone=True,
    )
    for recurrence, model in (
        ("lstm", Model("VRNN-Gauss, LSTM", "the recurrence an LSTM in the place of a GRU")),
        ("elman", Model("VRNN-Gauss, simple recurrence", "the recurrence h = tanh(...), without gates (Elman 1990)")),
    )
)
SPIRALS = ("two-spirals", "--count", "200", "--seed", "1", "--set", "missing=0.5")
OTHERS = (
    Entry(
        "vae",
        "vae",
        pattern=("spiral", "--count", "200", "--points", "64", "--seed", "1"),
        variance=None,
        model=Model("Static VAE", "one z for a whole drawing (Kingma and Welling 2014, arXiv:1312.6114)", "others"),
        alone=True,
    ),
    Entry(
        "neural-ode",
        "neural-ode",
        pattern=("spiral", "--count", "1", "--points", "300", "--seed", "1"),
        count=1,
        length=300,
        variance=None,
        model=Model(
            "Neural ODE", "dx/dt = f(x), fitted to one trajectory (Chen et al. 2018, arXiv:1806.07366)", "others"
        ),
        alone=True,
    ),
    Entry(
        "latent-ode",
        "latent-ode",
        pattern=SPIRALS,
        length=100,
        variance=None,
        model=Model("Latent ODE", "one z for a curve, and dz/dt = f(z) (Chen et al. 2018)", "others"),
    ),
    Entry(
        "ode-rnn",
        "ode-rnn",
        pattern=SPIRALS,
        length=200,
        variance=None,
        model=Model(
            "ODE-RNN", "a state that moves on between points (Rubanova et al. 2019, arXiv:1907.03907)", "others"
        ),
        alone=True,
    ),
    Entry(
        "ode-rnn-poisson",
        "ode-rnn",
        pattern=SPIRALS,
        settings=("poisson=true",),
        length=200,
        variance=None,
        model=Model("ODE-RNN, Poisson process", "the same, and when points come (Rubanova et al. 2019)", "others"),
        alone=True,
    ),
    Entry(
        "text",
        "text",
        sample="text/harbour.txt",
        settings=("training.steps=1000",),
        count=1,
        length=400,
        variance=None,
        written="txt",
        model=Model("VRNN, characters", "the VRNN with a probability for each character", "others"),
        alone=True,
    ),
    Entry(
        "roll",
        "roll",
        sample="canons.npz",
        count=1,
        variance=None,
        written="png",
        model=Model("VRNN, binary frames", "the VRNN with a probability for each key of a piano roll", "others"),
        alone=True,
    ),
)
ENTRIES = (
    Entry("eights", "pens", sample="eights.json"),
    Entry("faces", "pens", sample="faces.json"),
    Entry(
        "eye",
        "patterns",
        pattern=("eye", *LONG_TRACES),
        length=320,
        shown=(160, 320),
        model=VRNN_GMM,
    ),
    Entry(
        "automaton",
        "patterns",
        pattern=("circle-triangle-eight", *LONG_TRACES),
        length=800,
        shown=(400, 800),
        model=replace(VRNN_GMM, table=AUTOMATON),
    ),
    *compared("vrnn-gauss", Model("VRNN-Gauss", "one Gaussian for the output (Chung et al. 2015, table 1)")),
    *OTHER_RECURRENCES,
    *compared(
        "patterns-latent",
        Model("VRNN-Gauss, choice in z", "one Gaussian, a posterior that sees the next 64 frames, a second look-ahead"),
    ),
    *compared("rnn-gauss", Model("RNN-Gauss", "no z; one Gaussian for the output (Chung et al. 2015, table 1)")),
    *compared("rnn-gmm", Model("RNN-GMM", "no z; a mixture for the output (Graves 2013, arXiv:1308.0850)")),
    *compared("vrnn-i", Model("VRNN-I-Gauss", "z is N(0, 1) at every step (Chung et al. 2015, section 4)")),
    *compared(
        "srnn",
        Model(
            "VRNN, smoothing posterior",
            "the posterior sees all frames to come (Fraccaro et al. 2016, arXiv:1605.07571)",
        ),
    ),
    *compared(
        "vrnn-mse", Model("VRNN, squared errors", "squared error + w KL, w adapting (after Verduzco 2023); see below")
    ),
    *compared("elman", Model("Elman network", "deterministic; squared errors (Elman 1990)"), variance=0.0),
    *compared("mtrnn", Model("MTRNN", "deterministic, fast and slow units (Yamashita and Tani 2008)"), variance=0.0),
    *OTHERS,
    Entry("quickdraw", "pens", material="quickdraw/apple.ndjson"),
    Entry(
        "omniglot",
        "pens",
        material="omniglot/strokes_background_small1.zip",
        member="strokes_background_small1/Korean/character10/",
    ),
)


def main() -> int:
    """Draw all entries, or those asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", type=Path, default=ROOT.parent / "shared" / "data", metavar="DIR")
    names = [*(entry.name for entry in ENTRIES), SLIDER]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME")
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
    if not options.only or SLIDER in options.only:
        with tempfile.TemporaryDirectory() as folder:
            draw_slider(Path(folder))
    return 0


def draw_slider(folder: Path) -> None:
    """The README's moving picture: what the latent variance does to drawings of two shapes."""
    project = folder / "shapes.vrnn"
    run("new", project)
    for name in ("eights", "stars"):
        run("import", project, ROOT / "sample_data" / f"{name}.json")
    run("train", project, "--recipe", "pens", "--seed", "1")
    path = PICTURES.parent / f"{SLIDER}.gif"
    path.write_bytes(slider_gif(project, folder / "home"))
    print(f"wrote {path.relative_to(ROOT)}, {path.stat().st_size // 1000} kB")


def draw(entry: Entry, folder: Path, material: Path) -> None:
    """Train on an entry's material and write its two pictures."""
    source = gathered(entry, folder, material)
    project = folder / f"{entry.name}.vrnn"
    run("new", project)
    run("import", project, source)
    settings = [word for setting in entry.settings for word in ("--set", setting)]
    run("train", project, "--recipe", entry.recipe, "--seed", "1", *settings)
    length = [] if entry.length is None else ["--length", entry.length]
    out = folder / f"generated.{entry.written}"
    chance = [] if entry.variance is None else ["--output-variance", entry.variance]
    run("generate", project, "--count", entry.count, "--seed", entry.seed, *length, *chance, "--out", out)
    bound = answer("evaluate", project, "--json")
    turns = None
    if entry.pattern and entry.pattern[0] in DECIDING:
        turns = answer("transitions", project, "--pattern", entry.pattern[0], *chance, "--json")
    if entry.model is not None:
        material = entry.pattern[0] if entry.pattern else source.stem
        command = " ".join(["vrnn-studio train", f"{material}.vrnn", "--recipe", entry.recipe, "--seed 1", *settings])
        text = out.read_text("utf-8")[:EXCERPT] if entry.written == "txt" else ""
        titles = list(dict.fromkeys(entry.model.title for entry in ENTRIES if entry.model is not None))
        if entry.model.table == AUTOMATON:
            assert turns is not None
            row = automaton_line(entry.name, entry.model.title, turns)
        else:
            row = line(entry.name, entry.model, command, bound, turns, text)
        put(PAGE, entry.model, row, titles)
    if not entry.alone:
        real = [item.material for item in read_materials([source]).materials]
        show(f"{entry.name}-real", spread(real), entry.shown)
    if entry.written == "json":
        show(f"{entry.name}-generated", [item.material for item in read_materials([out]).materials], entry.shown)
    elif entry.written == "png":
        shutil.copy(out, PICTURES / f"{entry.name}-generated.png")


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
    path.write_bytes(to_png(drawings, SIDE, smooth=name.endswith("-generated")))
    print(f"wrote {path.relative_to(ROOT)}")


def answer(*words: object) -> dict[str, Any]:
    """What a command of the studio prints as JSON."""
    said = io.StringIO()
    with redirect_stdout(said):
        run(*words)
    print(said.getvalue(), flush=True)
    found: dict[str, Any] = json.loads(said.getvalue()[said.getvalue().index("{") :])
    return found


def run(*words: object) -> None:
    """One command of the studio."""
    arguments = [str(word) for word in words]
    print("vrnn-studio", *arguments, flush=True)
    code = cli.main(arguments)
    if code != 0:
        raise SystemExit(code)


if __name__ == "__main__":
    sys.exit(main())
