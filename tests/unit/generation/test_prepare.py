"""Compiling beforehand."""

import threading
from types import SimpleNamespace

import pytest

from studio import child
from studio.generation import prepare
from studio.models import compiled, compiling


@pytest.fixture
def children(monkeypatch, tmp_path):
    """The commands of processes that are begun, which all succeed; nothing has been compiled before."""
    commands = []

    def run(code):
        commands.append(code)
        return SimpleNamespace(returncode=children.code, stderr="no\n")

    children = SimpleNamespace(commands=commands, code=0)
    monkeypatch.setattr(prepare, "child", SimpleNamespace(run=run))
    monkeypatch.setattr(compiled, "place", str(tmp_path))
    monkeypatch.setattr(compiling, "patient", False)
    return children


@pytest.mark.parametrize("patient", [False, True])
def test_the_first_time_another_process_compiles(children, monkeypatch, patient):
    monkeypatch.setattr(compiling, "patient", patient)
    heard = []
    for _ in range(2):
        prepare.prepare(lambda: heard.append("half a minute"))
    assert heard == ["half a minute"]
    assert len(children.commands) == 1
    assert "studio.generation.prepare" in children.commands[0]


def test_where_nothing_can_be_kept_no_other_process_is_begun(children, monkeypatch, tmp_path):
    file = tmp_path / "a file"
    file.touch()
    monkeypatch.setattr(compiled, "place", str(file / "compiled"))
    prepare.prepare()
    assert not children.commands


def test_whoever_interrupts_it_waits_for_nothing_more(children, monkeypatch):
    def interrupted(code):
        raise KeyboardInterrupt

    monkeypatch.setattr(compiling, "_given_up", threading.Event())
    monkeypatch.setattr(prepare, "child", SimpleNamespace(run=interrupted))
    loop = compiling.Compiled(lambda: pytest.fail("is compiled all the same"), "Slower")
    with pytest.raises(KeyboardInterrupt):
        prepare.prepare()
    assert not loop.works()
    assert not compiling.under_way()


def test_a_process_that_fails_is_begun_again_next_time(children, caplog):
    children.code = 1
    prepare.prepare()
    assert "in a process of its own failed: no" in caplog.text
    prepare.prepare()
    assert len(children.commands) == 2


def test_another_edition_of_the_kernels_is_compiled_anew(children, monkeypatch):
    prepare.prepare()
    monkeypatch.setattr(compiled, "stamp", lambda *modules: 1)
    prepare.prepare()
    assert len(children.commands) == 2


def test_the_process_itself():
    done = child.run("from studio.generation.prepare import compile_here; compile_here()")
    assert (done.returncode, done.stderr) == (0, "")


def test_where_others_could_write_nothing_is_kept_and_it_compiles_here(children, monkeypatch):
    monkeypatch.setattr(compiled, "place", None)
    heard = []
    prepare.prepare(lambda: heard.append("half a minute"))
    assert heard == ["half a minute"]
    assert not children.commands


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(monkeypatch, tmp_path):
    def refuse(function=None, *, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda given: given

    monkeypatch.setattr(compiled, "njit", refuse)

    def double(x):
        return 2 * x

    assert compiled.kept()(double) is double


def test_without_numba_nothing_is_begun(children, monkeypatch):
    monkeypatch.setattr(prepare, "find_spec", lambda name: None)
    prepare.prepare()
    assert not children.commands
    assert compiling.works()
