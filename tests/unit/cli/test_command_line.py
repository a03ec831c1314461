"""The contract of the command line, command by command. Scripts rely on every line here."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import __version__
from studio.cli.progress import duration
from studio.files.readers import read_drawing, read_materials

Run = Callable[..., "object"]


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_version_and_help(run) -> None:
    assert run("--version").out.strip() == f"vrnn-studio {__version__}"
    said = run("--help")
    assert said.code == 0
    for command in [
        "demo",
        "new",
        "pattern",
        "import",
        "export",
        "train",
        "generate",
        "evaluate",
        "info",
        "recipes",
        "doctor",
    ]:
        assert re.search(rf"^    {command} ", said.out, re.MULTILINE)
        help = run(f"{command} --help")
        assert help.code == 0
        assert f"vrnn-studio {command}" in help.out.split("example")[1]


def test_without_a_command_it_says_what_there_is(run) -> None:
    said = run("")
    assert said.code == 2
    assert "COMMAND" in said.out


def test_new(run, place: Path) -> None:
    said = run("new p.vrnn")
    assert (said.code, said.out, said.err) == (0, "Created p.vrnn.\n", "")
    assert (place / "p.vrnn").is_file()
    said = run("new p.vrnn")
    assert (said.code, said.out) == (1, "")
    assert len(lines(said.err)) == 1


def test_pattern_to_a_file(run, place: Path) -> None:
    assert run("pattern sine --points 50 --seed 4 --out s.csv").code == 0
    assert (place / "s.csv").read_text().splitlines()[0] == "x,y,pen"
    drawing = read_drawing(place / "s.csv")
    assert len(drawing) == 50
    assert run("pattern sine --points 50 --seed 4 --out again.csv").code == 0
    assert (place / "again.csv").read_bytes() == (place / "s.csv").read_bytes()
    assert run("pattern sine --points 50 --seed 5 --out other.csv").code == 0
    assert (place / "other.csv").read_bytes() != (place / "s.csv").read_bytes()


def test_patterns_to_a_folder(run, place: Path) -> None:
    said = run("pattern eye --count 3 --points 50 --seed 4 --noise 0 --out eyes/")
    assert said.code == 0
    files = sorted((place / "eyes").iterdir())
    assert [file.suffix for file in files] == [".csv"] * 3
    drawings = [read_drawing(file).points for file in files]
    assert run("pattern eye --points 50 --seed 5 --noise 0 --out one.csv").code == 0
    np.testing.assert_array_equal(read_drawing(place / "one.csv").points, drawings[1])


def test_parameters_of_a_pattern(run, place: Path) -> None:
    name = next(iter(read_parameters("sine")))
    assert run(f"pattern sine --points 50 --set {name}=30 --out s.csv").code == 0
    assert run("pattern sine --points 50 --out usual.csv").code == 0
    assert (place / "s.csv").read_bytes() != (place / "usual.csv").read_bytes()


def read_parameters(name: str) -> list[str]:
    from studio.sequences.patterns import PATTERNS

    return [parameter.name for parameter in PATTERNS[name].parameters]


def test_import(run, project: str) -> None:
    said = run(f"import {project} eights/0001.csv --label eight")
    assert (said.code, said.err) == (0, "")
    assert said.out == "One drawing came in; p now holds 7.\n"
    facts = json.loads(run(f"info {project} --json").out)
    assert facts["labels"] == {"eight": 1, "eights": 6}


def test_import_is_told_how_to_read_tables(run, project: str, place: Path) -> None:
    (place / "a.csv").write_text("stamp,gaze_h,gaze_v,page\n0,1,2,a\n2000,3,4,a\n4000,5,6,b\n6000,7,8,b\n")
    said = run(
        ["import", project, "a.csv", "--columns", "t=stamp, x=gaze_h, y=gaze_v", "--time-unit", "us", "--by", "page"]
    )
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("2 drawings came in")
    for options in (["--columns", "x,q"], ["--columns", "x,t"], ["--time-unit", "h"]):
        assert run(["import", project, "a.csv", *options]).code == 2
    assert run(["import", project, "a.csv", "--columns", "x=none,y=gaze_v"]).code == 1


def test_import_says_once_how_many_files_were_read(run, project: str, place: Path) -> None:
    for i in range(30):
        (place / f"{i:02d}.csv").write_text("0.00,7,9\n0.01,8,9\n0.02,10,4\n")
    (place / "odd.csv").write_text("0,0,0\n1,1,b\n")
    said = run(["import", project, *(f"{i:02d}.csv" for i in range(30)), "odd.csv"])
    assumed, refused = said.err.splitlines()
    assert assumed.startswith(
        "30 files (00.csv, 01.csv, 02.csv and 27 more): it was assumed that the columns are time, x"
    )
    assert refused == "odd.csv, line 2: 'b' is not a number."


@pytest.mark.parametrize("ending", [".json", ".npz", ".svg", ".csv", ".inkml", ".npy"])
def test_what_is_exported_comes_back(ending: str, run, place: Path) -> None:
    drawing = {"strokes": [{"points": [[0, 1.1], [2, 3]], "times": [0, 0.3]}, {"points": [[5, -7]], "times": [1]}]}
    drawings = [{**drawing, "label": "a", "y_up": False}, {**drawing, "label": "b, c", "y_up": True}]
    (place / "d.json").write_text(json.dumps({"format": "vrnn-studio drawings", "version": 1, "drawings": drawings}))
    assert run("new p.vrnn").code == run("import p.vrnn d.json").code == 0
    said = run(f"export p.vrnn --out all{ending}")
    lost = "NPY files do not hold labels and which way y grows; NPZ and JSON files do.\n" if ending == ".npy" else ""
    assert (said.code, said.err) == (0, lost)
    assert "Wrote 2 drawings to all" in said.out
    found = [item.material for item in read_materials(place / f"all{ending}").materials]
    assert [[s.points.tolist() for s in d.strokes] for d in found] == [[[[0, 1.1], [2, 3]], [[5, -7]]]] * 2
    for one in found:
        np.testing.assert_allclose(one.times, [0, 0.3, 1])
    if not lost:
        assert [(one.y_up, one.label) for one in found] == [(False, "a"), (True, "b, c")]
    assert run(f"export p.vrnn --label c --out one{ending}").out.startswith("Wrote one drawing")


def test_export_of_several_kinds(run, place: Path) -> None:
    (place / "a.txt").write_text("A letter.\n")
    (place / "b.csv").write_text("x,y\n0,0\n1,1\n")
    assert run("new p.vrnn").code == 0
    assert "holds nothing to export" in run("export p.vrnn --out x.csv").err
    assert run("import p.vrnn a.txt b.csv").code == 0
    said = run("export p.vrnn --out all")
    assert (said.code, said.out) == (2, "")
    assert "say which to export (--kind pen, --kind text)" in said.err
    assert run("export p.vrnn --out x.csv").out == "Wrote one drawing to x.csv.\n"
    assert run("export p.vrnn --kind text --out letters").out == "Wrote one text to letters/0001.txt.\n"
    assert run("export p.vrnn --out x.docx").code == 2
    assert run("export p.vrnn --label none --out x.csv").code == 1


def test_import_goes_on_after_a_bad_file(run, project: str, place: Path) -> None:
    (place / "bad.csv").write_text("x,y\n1,2\noh\n")
    said = run(f"import {project} bad.csv none.csv eights")
    assert said.code == 0
    assert len(lines(said.err)) == 2
    assert "bad.csv" in said.err
    assert "none.csv" in said.err
    said = run(f"import {project} bad.csv")
    assert (said.code, said.out) == (1, "")
    assert lines(said.err)[-1] == "Nothing came in."


def test_train_in_plain_lines(run, project: str) -> None:
    said = run(f"train {project} --recipe tiny.toml --seed 3")
    assert said.code == 0
    assert "\x1b" not in said.out + said.err
    assert "\r" not in said.out
    said_lines = lines(said.out)
    assert said_lines[0] == "tiny-1: recipe tiny, seed 3"
    pattern = r"step 6/6: loss -?[\d.]+, reconstruction -?[\d.]+, KL [\d.]+, \d+ frames/s, \d+:\d\d left"
    assert any(re.fullmatch(pattern, line) for line in said_lines)
    assert any(line.startswith("step 6: held back: loss ") for line in said_lines)
    assert said_lines[-1].startswith("tiny-1: Trained for 6 steps")


def test_train_says_what_it_decides_and_its_end_once(run, project: str) -> None:
    said = run(f"train {project} --recipe pens --set hidden=8 --set model.whole=3 --steps 3")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert sum("Learning from 5 drawings" in line for line in lines) == 1
    assert sum("begins with random ones" in line for line in lines) == 1
    assert sum("Trained for 3 steps." in line for line in lines) == 1
    assert lines[-1].startswith("pens-1: Trained for 3 steps.")


def test_train_with_settings(run, project: str) -> None:
    said = run(
        f"train {project} --recipe tiny.toml --set hidden=6 --set training.clip=2 --steps 4 --run mine --device cpu"
    )
    assert said.code == 0
    (found,) = json.loads(run(f"info {project} --json").out)["runs"]
    assert (found["name"], found["recipe"], found["step"], found["steps"]) == ("mine", "tiny", 4, 4)
    assert (found["status"], found["device"]) == ("finished", "cpu")
    assert run(f"train {project} --recipe tiny.toml --run mine").code == 1
    with_minutes = run(f"train {project} --recipe tiny.toml --steps 100000 --minutes 0.001 --run short")
    assert with_minutes.code == 0
    assert "time is up" in with_minutes.out


@pytest.mark.parametrize(
    "line",
    [
        "frobnicate",
        "new",
        "pattern nonsense --out a.csv",
        "pattern sine --count 0 --out a.csv",
        "pattern sine --count two --out a.csv",
        "pattern sine --noise -1 --out a.csv",
        "pattern sine --noise nan --out a.csv",
        "pattern sine --set nonsense=1 --out a.csv",
        "pattern sine --set wavelength=long --out a.csv",
        "pattern sine --set wavelength --out a.csv",
        "pattern sine --seed -1 --out a.csv",
        "pattern sine --out a.doc",
        "pattern sine",
        "import p.vrnn",
        "import p.vrnn eights --kind video",
        "train p.vrnn --set nonsense=1",
        "train p.vrnn --set hidden=-4",
        "train p.vrnn --recipe nonsense",
        "train p.vrnn --minutes 0",
        "train p.vrnn --device gpu",
        "train p.vrnn --step 5",
        "generate p.vrnn",
        "generate p.vrnn --out a.doc",
        "generate p.vrnn --output-variance -1 --out a.csv",
        "evaluate p.vrnn --bound tight",
        "evaluate p.vrnn --weights newest",
        "inside p.vrnn --weights best --step 3",
        "info",
    ],
)
def test_wrong_use_is_2(run, project: str, place: Path, line: str) -> None:
    before = sorted(place.iterdir())
    said = run(line)
    assert said.code == 2
    assert said.out == ""
    assert said.err
    assert "Traceback" not in said.err
    assert sorted(place.iterdir()) == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("info none.vrnn", "There is no project at none.vrnn"),
        ("info eights", "is a folder"),
        ("info tiny.toml", "is not a VRNN Studio project"),
        ("new none/p.vrnn", "Cannot create"),
        ("pattern sine --out none/a.csv", "none"),
        ("train p.vrnn --recipe none.toml", "none.toml"),
        ("train p.vrnn --recipe bad.toml", "bad.toml"),
        ("train p.vrnn --resume", "no run to resume"),
        ("train p.vrnn --resume --run none", "no run 'none'"),
        ("train empty.vrnn", "nothing to learn from"),
        ("generate p.vrnn --out a.csv", "Nothing has been learned yet"),
        ("generate p.vrnn --run none --out a.csv", "no run 'none'"),
        ("generate p.vrnn --begin none.csv --out a.csv", "none.csv"),
        ("evaluate p.vrnn", "Nothing has been learned yet"),
        ("recipes none", "no recipe 'none'"),
    ],
)
def test_everything_else_is_1_and_one_sentence(run, project: str, place: Path, line: str, says: str) -> None:
    (place / "bad.toml").write_text("name = 7")
    assert run("new empty.vrnn").code == 0
    said = run(line)
    assert (said.code, said.out) == (1, "")
    assert says in said.err
    assert len(lines(said.err)) == 1
    assert said.err.strip().endswith(".")


def test_compiling_is_announced_once(run, project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.models import compiled

    monkeypatch.setattr(compiled, "place", str(tmp_path))
    said = run(f"train {project} --recipe tiny.toml")
    assert (said.code, lines(said.err)) == (0, ["Compiling for this computer, once: about half a minute ..."])
    assert run(f"generate {project} --out a.csv").err == ""


def test_resume(run, trained: str) -> None:
    said = run(f"train {trained} --resume")
    assert said.code == 1
    assert "made all its 6 steps" in said.err
    said = run(f"train {trained} --resume --steps 9")
    assert said.code == 0
    assert "Trained for 9 steps" in said.out
    (found,) = json.loads(run(f"info {trained} --json").out)["runs"]
    assert (found["name"], found["step"], found["seed"]) == ("tiny-1", 9, 3)
    run(f"train {trained} --recipe tiny.toml --run other")
    assert run(f"train {trained} --resume --run tiny-1 --steps 11").code == 0
    first, second = json.loads(run(f"info {trained} --json").out)["runs"]
    assert (first["step"], second["step"]) == (11, 6)


def test_generate_one_per_file(run, trained: str, place: Path) -> None:
    said = run(f"generate {trained} --count 3 --length 20 --seed 5 --out samples")
    assert said.code == 0
    files = sorted((place / "samples").iterdir())
    assert [file.name for file in files] == ["0001.csv", "0002.csv", "0003.csv"]
    assert files[0].read_text().splitlines()[0] == "x,y,pen"
    assert run(f"generate {trained} --count 3 --length 20 --seed 5 --out again").code == 0
    for file in files:
        assert (place / "again" / file.name).read_bytes() == file.read_bytes()
    assert run(f"generate {trained} --count 1 --length 20 --seed 5 --out one.csv").code == 0
    one, first = read_drawing(place / "one.csv").points, read_drawing(files[0]).points
    np.testing.assert_allclose(one, first, atol=1e-4)
    assert run(f"generate {trained} --count 2 --length 20 --out folder.npy").code == 0
    assert len(list((place / "folder.npy").iterdir())) == 2


def test_generate_pictures(run, trained: str, place: Path) -> None:
    for ending in ("svg", "gif", "png", "json"):
        assert run(f"generate {trained} --count 4 --length 12 --out g.{ending}").code == 0
    with Image.open(place / "g.gif") as animation, Image.open(place / "g.png") as picture:
        assert animation.n_frames > 10
        assert min(picture.size) > 50
    assert len(read_materials([place / "g.json"]).materials) == 4
    assert (place / "g.svg").read_text().startswith("<")


def test_generate_begins_with_a_file(run, trained: str, place: Path) -> None:
    begin = read_drawing(place / "eights" / "0001.csv").points[:10]
    np.savetxt(place / "begin.csv", begin, delimiter=",")
    assert run(f"generate {trained} --begin begin.csv --length 20 --out g.csv").code == 0
    np.testing.assert_allclose(read_drawing(place / "g.csv").points[:10], begin, atol=1e-3)


def test_generate_finishes_a_drawing_in_several_ways(run, trained: str, place: Path) -> None:
    begin = read_drawing(place / "eights" / "0001.csv").points[:10]
    np.savetxt(place / "begin.csv", begin, delimiter=",")
    assert run(f"generate {trained} --begin begin.csv --count 3 --length 20 --out ways/").code == 0
    ways = [read_drawing(path).points for path in sorted((place / "ways").iterdir())]
    assert len(ways) == 3
    for way in ways:
        np.testing.assert_allclose(way[:10], begin, atol=1e-3)
    assert len({way.tobytes() for way in ways}) == 3


def test_variances_are_heard(run, trained: str, place: Path) -> None:
    for number, seed in enumerate((1, 2)):
        line = (
            f"generate {trained} --length 10 --latent-variance 0 --output-variance 0 --seed {seed} --out {number}.csv"
        )
        assert run(line).code == 0
    np.testing.assert_allclose(read_drawing(place / "0.csv").points, read_drawing(place / "1.csv").points)


def test_samples_are_kept(run, trained: str) -> None:
    run(f"generate {trained} --count 2 --length 10 --out g.json")
    assert json.loads(run(f"info {trained} --json").out)["samples"] == 2


def test_evaluate(run, trained: str) -> None:
    said = run(f"evaluate {trained}")
    assert said.code == 0
    for word in ("nats per frame", "nats per sequence", "bits per frame", "KL", "position scale", "offset scale"):
        assert word in said.out
    facts = json.loads(run(f"evaluate {trained} --json").out)
    assert (facts["bound"], facts["run"], facts["items"]) == ("elbo", "tiny-1", 2)
    assert f"{facts['nats_per_frame']['mean']:.4f}" in said.out
    tight = json.loads(
        run(f"evaluate {trained} --bound iwae --particles 5 --json --on eights/0001.csv eights/0002.csv").out
    )
    assert (tight["bound"], tight["particles"], tight["items"]) == ("iwae", 5, 2)
    said = run(f"evaluate {trained} --on tiny.toml none.csv")
    assert said.code == 1
    assert len(lines(said.err)) == 3


def test_info(run, trained: str) -> None:
    said = run(f"info {trained}")
    assert said.code == 0
    assert lines(said.out)[0] == "p.vrnn: 6 drawings, 6 strokes, 240 points"
    assert "tiny-1: recipe tiny, finished at step 6 of 6, cpu, seed 3" in said.out
    assert ", used: last, step 6" in said.out
    facts = json.loads(run(f"info {trained} --json").out)
    assert (facts["drawings"], facts["points"], facts["labels"]) == (6, 240, {"eights": 6})
    (found,) = facts["runs"]
    assert isinstance(found["loss"], float)
    assert isinstance(found["best_validation_elbo"], float)
    assert (found["weights"], found["weights_step"]) == ("last", 6)
    assert found["best_step"] in (3, 6)
    assert run("info p").out == said.out  # the ending may be left out


def test_info_on_an_empty_project(run) -> None:
    run("new empty")
    assert lines(run("info empty.vrnn").out) == ["empty.vrnn: no material", "runs: none"]
    assert json.loads(run("info empty.vrnn --json").out)["runs"] == []


def test_recipes(run, place: Path) -> None:
    said = run("recipes")
    assert said.code == 0
    assert lines(said.out)[0].startswith("pens ")
    text = run("recipes pens").out
    assert tomllib.loads(text)["name"] == "pens"
    assert "# " in text


def test_demo(run, place: Path) -> None:
    said = run("demo --out there --steps 4 --seed 1")
    assert said.code == 0
    assert sorted(file.name for file in (place / "there").iterdir()) == ["demo.gif", "demo.svg", "demo.vrnn"]
    assert json.loads(run("info there/demo.vrnn --json").out)["runs"][0]["step"] == 4
    said = run("demo --out tiny.toml/there")
    assert said.code == 1
    assert len(lines(said.err)) == 1


def test_command_line_projects_are_not_recent_ones(run, project: str) -> None:
    from studio.workbench import Workbench

    assert Workbench().recent() == ()


def test_a_mistake_in_the_studio_is_one_sentence_and_the_log_has_the_rest(
    run, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio import log

    def broken(*_: object) -> None:
        raise ZeroDivisionError("nought")

    monkeypatch.setattr("studio.cli.projects._facts", broken)
    said = run(f"info {project}")
    assert said.code == 1
    assert len(lines(said.err)) == 1
    assert str(log.place()) in said.err
    text = log.place().read_text()
    assert "Traceback" in text
    assert "nought" in text


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (MemoryError(), 1, "not enough memory"),
        (PermissionError(13, "Permission denied", "x.csv"), 1, "x.csv: Permission denied."),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_other_ends(
    run, project: str, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, says: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("studio.cli.projects._facts", broken)
    said = run(f"info {project}")
    assert said.code == code
    assert says in said.err
    assert len(lines(said.err)) <= 1


def test_a_failed_training_is_1(run, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.errors import StudioError

    def fails(*_: object) -> None:
        raise StudioError("Too bad.")

    monkeypatch.setattr("studio.training.trainer.Trainer.events", fails)
    said = run(f"train {project} --recipe tiny.toml")
    assert (said.code, said.err) == (1, "Too bad.\n")


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-:--"), (0.4, "0:00"), (59.6, "1:00"), (61, "1:01"), (3661, "1:01:01")]
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
