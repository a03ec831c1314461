"""The command line as users type it. Others script against it: names and meanings here do not change."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio import __version__
from studio.cli.care import check_project, examine, recover_project, restore_project
from studio.cli.drawing import copy_synthesis, evaluate, generate
from studio.cli.learning import demo, train
from studio.cli.looking import compare, inside
from studio.cli.projects import export, import_, info, new, pattern, recipes
from studio.cli.transitions import transitions
from studio.errors import StudioError
from studio.files.table_options import KNOWN_COLUMNS, TIME_UNITS, columns_from, encoding_from
from studio.sequences.roll import pitch_named
from studio.workbench import Weights

_DESCRIPTION = "Draw or import sequences, train a variational recurrent network on them, and watch it go on."
_EXAMPLES = """\
without a command, the studio opens its window

examples:
  vrnn-studio demo
  vrnn-studio pattern eye --count 30 --points 1024 --seed 1 --out eye/
  vrnn-studio new eye.vrnn
  vrnn-studio import eye.vrnn eye/
  vrnn-studio train eye.vrnn --steps 1500
  vrnn-studio generate eye.vrnn --count 9 --seed 7 --out eye.gif
"""

_LARGEST = 2**62  # of whole numbers: what a project file can hold, and still count on from

Commands = Any  # argparse keeps the class of its sub-parsers to itself


def build_parser() -> argparse.ArgumentParser:
    """The parser; what it parses has the command's function in ``command``, None where there is no command."""
    parser = argparse.ArgumentParser(
        prog="vrnn-studio",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    _add_demo(commands)
    _add_new(commands)
    _add_pattern(commands)
    _add_import(commands)
    _add_export(commands)
    _add_train(commands)
    _add_generate(commands)
    _add_copy_synthesis(commands)
    _add_evaluate(commands)
    _add_transitions(commands)
    _add_compare(commands)
    _add_inside(commands)
    _add_info(commands)
    _add_recipes(commands)
    _add_check(commands)
    _add_restore(commands)
    _add_recover(commands)
    _add_doctor(commands)
    return parser


def _command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int], summary: str, *examples: str
) -> argparse.ArgumentParser:
    epilog = "\n".join(
        ["examples:" if len(examples) > 1 else "example:", *(f"  vrnn-studio {line}" for line in examples)]
    )
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(command=run)
    return parser


def _add_demo(commands: Commands) -> None:
    parser = _command(
        commands,
        "demo",
        demo,
        "train on the sample drawings, and leave a project, an animation and a picture",
        "demo --out demo",
    )
    parser.add_argument("--out", type=_path, default=Path("demo"), metavar="DIR", help="where to (default: demo)")
    parser.add_argument("--steps", type=_count, metavar="N", help="updates of the weights (default: the recipe's)")
    parser.add_argument("--seed", type=_seed, default=1, metavar="S", help="of the training and the samples")
    _add_device(parser)


def _add_new(commands: Commands) -> None:
    parser = _command(commands, "new", new, "create an empty project", "new eights.vrnn")
    _add_project(parser)


def _add_pattern(commands: Commands) -> None:
    parser = _command(
        commands,
        "pattern",
        pattern,
        "draw patterns that put a model to the test",
        "pattern eye --count 30 --points 1024 --seed 1 --out eye/",
        "pattern sine --points 200 --set points_per_turn=50 --out sine.svg",
    )
    parser.add_argument("name", metavar="NAME", help="sine, eight, circle-triangle-eight, eye, noisy-oval or spiral")
    parser.add_argument("--count", type=_count, default=1, metavar="N", help="how many (default: 1)")
    parser.add_argument("--points", type=_count, metavar="P", help="points of each (default: the pattern's)")
    parser.add_argument("--seed", type=_seed, default=0, metavar="S", help="of the first; the others follow it")
    parser.add_argument("--noise", type=_not_negative, metavar="a", help="jitter, as a share of the size")
    _add_settings(parser, "a parameter of the pattern")
    parser.add_argument(
        "--out", type=_path, required=True, metavar="FILE_OR_DIR", help="a file (.csv .npy .json .svg ...) or a folder"
    )


def _add_import(commands: Commands) -> None:
    parser = _command(
        commands,
        "import",
        import_,
        "bring files and folders into a project",
        "import eights.vrnn drawings/ more.csv --label eight",
        "import digits.vrnn recordings/ --kind audio",
        "import tunes.vrnn rolls/ --kind roll --tempo 8 --lowest C3",
        "import notes.vrnn notes.txt",
        "import gaze.vrnn gaze/*.csv --columns x=gaze_x,y=gaze_y,t=stamp --time-unit us --by trial",
    )
    _add_project(parser)
    parser.add_argument("paths", type=_path, nargs="+", metavar="PATH", help="a file or a folder")
    parser.add_argument(
        "--label", default="", type=_words, metavar="L", help="for all of it (default: the file's, or its folder)"
    )
    parser.add_argument(
        "--kind", choices=("pen", "audio", "roll", "text"), help="what it is (default: told from the files)"
    )
    parser.add_argument(
        "--time",
        choices=("down", "across"),
        default="auto",
        help="whether time runs down the rows of a piano roll or across its columns (default: along the longer side)",
    )
    parser.add_argument("--tempo", type=_positive, metavar="F", help="frames per second of piano rolls (default: 8)")
    parser.add_argument(
        "--lowest",
        type=_pitch,
        metavar="P",
        help="their lowest pitch, such as C3 or 48 (default: by how many there are)",
    )
    parser.add_argument(
        "--drums",
        action="store_const",
        const="only",
        default="auto",
        help="take the drums of MIDI files alone (default: all but the drums, unless there is nothing else)",
    )
    _add_table_options(parser)


def _add_table_options(parser: argparse.ArgumentParser) -> None:
    """What is said of tables of points that do not say it themselves; the rest is told from their values."""
    tables = parser.add_argument_group("tables and arrays of points (default: told from names and values, and said)")
    tables.add_argument(
        "--columns",
        type=_columns,
        default=(),
        metavar="x,y,t",
        help=f"what the columns are ({KNOWN_COLUMNS} for one that is not read), or x=NAME,y=NAME and so on",
    )
    tables.add_argument(
        "--offsets",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="x and y are offsets from point to point, or (--no-offsets) positions",
    )
    tables.add_argument(
        "--pen-down",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="a 1 in the column of the pen is the pen on the paper, or (--no-pen-down) the last point of a stroke",
    )
    tables.add_argument("--time-unit", choices=TIME_UNITS, help="of the column of times (ticks: 100 ns)")
    tables.add_argument("--by", metavar="COLUMN", help="each value of it is a drawing of its own; none: one drawing")
    tables.add_argument("--decimal", choices=(".", ","), help="the decimal sign")
    tables.add_argument(
        "--encoding", type=_encoding, help="of tables and texts that do not say it, such as cp866 or iso8859-2"
    )
    tables.add_argument(
        "--sentinels",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="points such as (-1, -1) may be a lifted pen, or (--no-sentinels) are points like others",
    )


def _add_export(commands: Commands) -> None:
    parser = _command(
        commands,
        "export",
        export,
        "write the material of a project to files",
        "export eights.vrnn --out eights.json",
        "export digits.vrnn --label seven --out seven/",
        "export tunes.vrnn --out tunes.npz",
    )
    _add_project(parser)
    parser.add_argument("--label", metavar="L", help="only what has this label, or has it among several")
    parser.add_argument("--kind", choices=("pen", "audio", "roll", "text"), help="only drawings, recordings and so on")
    parser.add_argument("--width", choices=("16", "24", "float"), default="16", help="bits of sound (default: 16)")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE_OR_DIR",
        help="a file, whose ending says the format (.csv .npz .json .svg .wav .txt ...), or a folder",
    )


def _add_train(commands: Commands) -> None:
    parser = _command(
        commands,
        "train",
        train,
        "train on the material of a project; Ctrl-C stops and saves",
        "train eights.vrnn",
        "train eights.vrnn --recipe pens --set hidden=128 --set learning_rate=1e-3 --minutes 10",
        "train eights.vrnn --resume --steps 3000",
    )
    _add_project(parser)
    parser.add_argument(
        "--recipe",
        metavar="NAME|FILE.toml",
        help="how (default: pens, speech, text or roll, by the material); `vrnn-studio recipes` lists them",
    )
    _add_settings(parser, "a setting of the recipe")
    parser.add_argument("--steps", type=_count, metavar="N", help="updates of the weights")
    parser.add_argument(
        "--minutes", type=_positive, metavar="M", help="train so long; with --steps, whichever is reached first"
    )
    parser.add_argument("--seed", type=_seed, metavar="S", help="the same seed trains the same on a CPU")
    _add_device(parser)
    parser.add_argument("--run", dest="run_name", type=_words, metavar="NAME", help="name of the run")
    parser.add_argument("--resume", action="store_true", help="go on with that run, or the newest, where it stopped")


def _add_generate(commands: Commands) -> None:
    parser = _command(
        commands,
        "generate",
        generate,
        "draw, speak, write or play with what has been learned",
        "generate eights.vrnn --count 9 --out eights.gif",
        "generate digits.vrnn --label seven --out seven.wav",
        "generate tunes.vrnn --seconds 30 --out tune.wav",
        "generate eights.vrnn --count 100 --seed 7 --output-variance 0.5 --out samples/",
        "generate eights.vrnn --weights best --out best.svg",
        "generate eights.vrnn --begin half.csv --count 9 --out finished.svg",
        "generate shapes.vrnn --interpolate one.csv two.csv --count 8 --out between.svg",
        "generate eights.vrnn --at 0.5 -1 --out there.svg",
        'generate notes.vrnn --prompt "Monday. " --temperature 0.8 --length 500 --out monday.txt',
    )
    _add_project(parser)
    _add_run(parser)
    parser.add_argument("--count", type=_count, default=1, metavar="N", help="how many (default: 1)")
    parser.add_argument(
        "--length",
        type=_count,
        metavar="T",
        help="points or characters at most (default: as the longest there is)",
    )
    _add_variances(parser)
    parser.add_argument("--seed", type=_seed, default=0, metavar="S", help="the same seed draws the same (default: 0)")
    parser.add_argument(
        "--begin",
        type=_path,
        metavar="FILE",
        help="a drawing, a recording, a text or a piano roll to go on with; with --count N it is finished in N ways",
    )
    _add_curves(parser)
    _add_points(parser)
    parser.add_argument("--prompt", type=_words, metavar="TEXT", help="of a text: what it begins with")
    parser.add_argument(
        "--temperature",
        type=_not_negative,
        metavar="b",
        help="of a text, the same as --output-variance: 0 writes what is likeliest, 1 as trained",
    )
    parser.add_argument(
        "--label",
        default="",
        type=_words,
        metavar="L",
        help="what it shall be, where the run was told of labels (default: any)",
    )
    parser.add_argument(
        "--seconds", type=_positive, metavar="s", help="length of recordings and piano rolls, instead of --length"
    )
    parser.add_argument(
        "--out",
        type=_path,
        required=True,
        metavar="PATH",
        help=".csv .npy .json .svg .gif .png .wav .flac .txt by its ending, piano rolls also .npz; several to .csv, "
        ".npy, .wav, .txt make a folder",
    )


def _add_points(parser: argparse.ArgumentParser) -> None:
    """What lies at a point, and how lines lead from point to point."""
    parser.add_argument(
        "--straight",
        action="store_true",
        help="drawings in .svg .png .gif with straight lines from point to point (default: smooth curves)",
    )
    parser.add_argument(
        "--at",
        type=float,
        nargs=2,
        metavar=("X", "Y"),
        help="what lies at a point of the map of g (see inside --map), where the model has one",
    )


def _add_curves(parser: argparse.ArgumentParser) -> None:
    """What models of whole curves can do besides."""
    parser.add_argument(
        "--interpolate",
        type=_path,
        nargs=2,
        metavar=("A", "B"),
        help="two drawings: make --count that lead from the one to the other (models with g, static VAE, latent ODE)",
    )
    parser.add_argument(
        "--extrapolate", type=_path, metavar="FILE", help="a drawing: the curve through its points and on (latent ODE)"
    )
    for name in ("before", "after"):
        parser.add_argument(
            f"--{name}",
            type=_not_negative,
            default=0.5,
            metavar="s",
            help=f"how far to --extrapolate {name} the points, as a share of their time (default: 0.5)",
        )


def _add_copy_synthesis(commands: Commands) -> None:
    parser = _command(
        commands,
        "copy-synthesis",
        copy_synthesis,
        "describe recordings as a recipe does and make them again, without a model",
        "copy-synthesis word.wav --recipe speech --out copy.wav",
    )
    parser.add_argument("files", type=_path, nargs="+", metavar="FILE", help="recordings, or a folder of them")
    parser.add_argument("--recipe", metavar="NAME", help="whose representation (default: speech)")
    parser.add_argument("--out", type=_path, required=True, metavar="PATH", help=".wav .flac; several make a folder")


def _add_evaluate(commands: Commands) -> None:
    parser = _command(
        commands,
        "evaluate",
        evaluate,
        "measure how well a run knows drawings, recordings, texts or piano rolls, in nats and bits",
        "evaluate eights.vrnn",
        "evaluate eights.vrnn --on other/*.csv --bound iwae --particles 100 --json",
    )
    _add_project(parser)
    _add_run(parser)
    parser.add_argument(
        "--on", type=_path, nargs="+", metavar="FILE", help="material (default: that which the run held back)"
    )
    parser.add_argument(
        "--bound", choices=("elbo", "iwae"), default="elbo", help="iwae is tighter, and slower (default: elbo)"
    )
    parser.add_argument("--particles", type=_count, default=16, metavar="K", help="samples of z for iwae (default: 16)")
    _add_json(parser)


def _add_transitions(commands: Commands) -> None:
    parser = _command(
        commands,
        "transitions",
        transitions,
        "tell which shapes of a pattern a run draws, and what follows upon what, beside the true table",
        "transitions eye.vrnn --pattern eye",
        "transitions eye.vrnn --pattern eye --latent-variance 0",
        "transitions eye.vrnn --pattern eye --on eye/ --json",
    )
    _add_project(parser)
    _add_run(parser)
    parser.add_argument(
        "--pattern", required=True, metavar="NAME", help="eye, circle-triangle-eight, eight, noisy-oval"
    )
    _add_settings(parser, "a parameter that the pattern was drawn with")
    parser.add_argument("--count", type=_count, default=8, metavar="N", help="drawings to look at (default: 8)")
    parser.add_argument("--length", type=_count, default=10_000, metavar="T", help="points of each (default: 10000)")
    _add_variances(parser)
    parser.add_argument("--seed", type=_seed, default=0, metavar="S", help="of the drawings (default: 0)")
    parser.add_argument(
        "--on", type=_path, nargs="+", metavar="FILE", help="look at these drawings instead of what a run draws"
    )
    _add_json(parser)


def _add_compare(commands: Commands) -> None:
    parser = _command(
        commands,
        "compare",
        compare,
        "measure runs on the same material, and let them generate from the same seed",
        "compare eights.vrnn",
        "compare eights.vrnn vrnn-gmm rnn-gmm --out table.csv --image table.png",
        "compare digits.vrnn rnn-gmm vrnn --image waves.png --zoom 0.03",
    )
    _add_project(parser)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="which runs (default: all that have weights)")
    _add_weights(parser)
    parser.add_argument("--out", type=_path, metavar="FILE.csv", help="the table")
    parser.add_argument("--image", type=_path, metavar="FILE", help="the table and samples (.png .svg)")
    parser.add_argument(
        "--zoom",
        type=_positive,
        metavar="SECONDS",
        help="in the image, each recording once more, so many seconds around its loudest place",
    )
    parser.add_argument("--count", type=_count, default=4, metavar="N", help="samples of each run (default: 4)")
    parser.add_argument("--seed", type=_seed, default=1234, metavar="S", help="of the samples (default: 1234)")
    parser.add_argument("--dark", action="store_true", help="the image on slate instead of paper")
    _add_json(parser)


def _add_inside(commands: Commands) -> None:
    parser = _command(
        commands,
        "inside",
        inside,
        "see where a model had to decide while it reads a drawing, a recording, a text or a piano roll",
        "inside eights.vrnn --item 3 --out inside.png",
        "inside eights.vrnn --out learning.gif",
        "inside eights.vrnn --map map.csv",
    )
    _add_project(parser)
    _add_run(parser)
    parser.add_argument(
        "--item",
        type=_count,
        metavar="N",
        help="which piece of the collection, counted from 1 (default: the first that the run held back)",
    )
    parser.add_argument("--step", type=_seed, metavar="T", help="after which step of the training (default: now)")
    parser.add_argument(
        "--out", type=_path, metavar="FILE", help=".png .svg a picture, .csv numbers, .gif .webp .apng it learning"
    )
    parser.add_argument(
        "--colour", choices=("kl", "mean_change", "nll"), default="kl", help="what the colours show (default: kl)"
    )
    parser.add_argument("--reconstruction", action="store_true", help="lay the reconstruction over a drawing")
    parser.add_argument("--light", action="store_true", help="on paper instead of slate")
    parser.add_argument(
        "--map",
        type=_path,
        metavar="FILE",
        help="the map of g instead: where each piece of the collection lies, and its g (.csv .npz)",
    )
    _add_json(parser)


def _add_info(commands: Commands) -> None:
    parser = _command(commands, "info", info, "say what is in a project", "info eights.vrnn --json")
    _add_project(parser)
    _add_json(parser)


def _add_recipes(commands: Commands) -> None:
    parser = _command(
        commands,
        "recipes",
        recipes,
        "list the recipes, or print one as a file to change",
        "recipes",
        "recipes pens > mine.toml",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="of a recipe to print")


def _add_doctor(commands: Commands) -> None:
    parser = _command(
        commands,
        "doctor",
        examine,
        "look for what is missing on this computer, and how to mend it",
        "doctor",
        "doctor --bundle for-the-bug-report.zip",
    )
    parser.add_argument(
        "--bundle",
        type=_path,
        metavar="FILE.zip",
        help="for a report: what is found, and the log, but no material",
    )


def _add_check(commands: Commands) -> None:
    parser = _command(
        commands,
        "check",
        check_project,
        "look over a project file; rescue what can be read of a damaged one",
        "check eights.vrnn",
        "check eights.vrnn --repair",
    )
    _add_project(parser)
    parser.add_argument("--repair", action="store_true", help="bring what can be read into a new file")
    parser.add_argument("--out", type=_path, metavar="PATH", help="that file (default: NAME.rescued.vrnn)")


def _add_restore(commands: Commands) -> None:
    parser = _command(
        commands,
        "restore",
        restore_project,
        "put a copy of a project in its place; what was there is kept beside it",
        "restore eights.version-1.vrnn",
        "restore backup/eights.vrnn eights.vrnn",
    )
    parser.add_argument("copy", type=_path, metavar="COPY", help="a copy that the studio, or you, once made")
    parser.add_argument(
        "project",
        type=_path,
        nargs="?",
        metavar="PROJECT",
        help="what to put it in the place of (default: by the name of the copy, such as NAME.version-1.vrnn)",
    )


def _add_recover(commands: Commands) -> None:
    parser = _command(
        commands,
        "recover",
        recover_project,
        "list the untitled projects that were left behind when the studio ended, or keep one of them",
        "recover",
        "recover 1 eights.vrnn",
    )
    parser.add_argument("number", type=int, nargs="?", metavar="NUMBER", help="which of the list")
    parser.add_argument("project", type=_path, nargs="?", metavar="PROJECT", help="the file that it becomes")


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=_path, metavar="PROJECT", help="a file that ends in .vrnn")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", dest="run_name", type=_words, metavar="NAME", help="which run (default: the newest)")
    _add_weights(parser)


def _add_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--weights",
        type=_weights,
        metavar="best|last|STEP",
        help="which of a run's weights: those that did best on what it held back, the last ones, or those of a step "
        "that was kept (default: as its recipe says, training.weights)",
    )


def _add_settings(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        type=_setting,
        metavar="key=value",
        help=f"{what}, may be given several times",
    )


def _add_variances(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--latent-variance",
        type=_not_negative,
        metavar="a",
        help="scale of the prior's sigma (default: the recipe's)",
    )
    parser.add_argument(
        "--output-variance", type=_not_negative, metavar="b", help="scale of the output's own (default: the recipe's)"
    )
    for name, what in (("whole", "g, the latent variable of the whole piece"), ("step", "z, that of each step")):
        parser.add_argument(
            f"--{name}-variance",
            type=_not_negative,
            metavar="a",
            help=f"of {what}, alone (default: the latent variance)",
        )


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where to train (default: auto)"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs to read")


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a file or a folder")
    return Path(text)


def _words(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid UTF-8") from None
    return text


def _count(text: str) -> int:
    return int(_number(text, int, 1, f"a whole number from 1 to {_LARGEST:,}", _LARGEST))


def _seed(text: str) -> int:
    return int(_number(text, int, 0, f"a whole number from 0 to {_LARGEST:,}", _LARGEST))


def _weights(text: str) -> Weights:
    named: dict[str, Weights] = {"best": "best", "last": "last"}
    return named[text] if text in named else int(_number(text, int, 0, "best, last or a step"))


def _not_negative(text: str) -> float:
    return _number(text, float, 0, "a number, 0 or more")


def _positive(text: str) -> float:
    return _number(text, float, math.nextafter(0, 1), "a number above 0")


def _number(
    text: str, kind: Callable[[str], float], least: float, wanted: str, most: float = sys.float_info.max
) -> float:
    try:
        value = kind(text)
    except ValueError:  # also of a number of more than 4300 digits
        value = math.nan
    if not (least <= value <= most):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
    return value


def _pitch(text: str) -> int:
    pitch = pitch_named(text)
    if pitch is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no pitch: write C4 or 60 for middle C, F#3, Bb2")
    return pitch


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key.strip() and equals and value.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value")
    return key.strip(), value.strip()


def _encoding(text: str) -> str | None:
    try:
        return encoding_from(text)
    except StudioError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _columns(text: str) -> tuple[str, ...]:
    try:
        return columns_from(text)
    except StudioError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
