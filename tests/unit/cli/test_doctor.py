"""What is missing, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import doctor


def found(subject: str) -> doctor.Finding:
    return next(finding for finding in doctor.examine() if finding.subject == subject)


@pytest.fixture
def nothing_tried(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, str]]:
    """What trials in other processes say: to be filled in; all is well to begin with."""
    answers = {doctor._TRY_WINDOW: (0, "xcb"), doctor._TRY_SOUND: (0, "[]"), doctor._TRY_GPU: (0, "[]")}
    monkeypatch.setattr(doctor, "_try", lambda code, **_: answers[code])
    monkeypatch.setattr(doctor, "_loads", lambda library: True)
    return answers


def test_on_this_computer(run) -> None:
    """Whatever is missing here, the studio that runs this test can work."""
    said = run("doctor")
    assert "Traceback" not in said.out + said.err
    for subject in ("system", "versions", "window libraries", "display", "sound", "log"):
        assert f" {subject}: " in said.out
    assert "torch" in said.out
    assert "ok      log: " in said.out


def test_missing_libraries_are_one_line_to_mend(
    nothing_tried: dict[str, tuple[int, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor, "_loads", lambda library: library not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/usr/bin/apt-get")
    nothing_tried[doctor._TRY_SOUND] = (1, "OSError: PortAudio library not found")
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "MISSING window libraries: there is no libEGL.so.1, libxcb-cursor.so.0" in out
    wanted = "sudo apt-get install -y --no-install-recommends libegl1 libportaudio2 libxcb-cursor0"
    assert out.splitlines()[-1] == f"To mend what is missing: {wanted}"


def test_without_apt_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert "libegl1" in doctor.install_line(["libegl1"])
    assert "apt" not in doctor.install_line(["libegl1"])


def test_no_display_is_no_fault(nothing_tried: dict[str, tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert found("display").state == "note"
    assert doctor.main() == 0
    monkeypatch.setenv("DISPLAY", ":0")
    assert (found("display").state, found("display").says) == ("ok", "xcb")


def test_sound(nothing_tried: dict[str, tuple[int, str]]) -> None:
    assert "no device" in found("sound").says
    nothing_tried[doctor._TRY_SOUND] = (0, '[["speakers", 0, 2], ["headset", 1, 2]]')
    assert found("sound").says == "2 to play on, 1 to record from"
    nothing_tried[doctor._TRY_SOUND] = (1, "PortAudioError: boom")
    assert found("sound").state == "note"
    assert "boom" in found("sound").says


def test_graphics_processor(nothing_tried: dict[str, tuple[int, str]]) -> None:
    assert found("graphics processor").state == "note"
    nothing_tried[doctor._TRY_GPU] = (0, '["A100"]')
    assert (found("graphics processor").state, found("graphics processor").says) == ("ok", "A100")
    nothing_tried[doctor._TRY_GPU] = (1, "ImportError: no torch")
    assert found("PyTorch").state == "missing"


def test_qt_that_does_not_start(nothing_tried: dict[str, tuple[int, str]]) -> None:
    nothing_tried[doctor._TRY_WINDOW] = (1, "ImportError: libEGL.so.1")
    assert found("window libraries").state == "missing"


def test_missing_packages(nothing_tried: dict[str, tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("torch", "no-such-package"))
    assert found("Python packages").says == "there is no no-such-package"


def test_a_qt_that_aborts(nothing_tried: dict[str, tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [finding for finding in doctor.examine() if finding.subject == "Qt"]
    original = doctor.importlib.metadata.version
    monkeypatch.setattr(
        doctor.importlib.metadata, "version", lambda name: "6.12.0" if "PySide6" in name else original(name)
    )
    assert found("Qt").state == "missing"
    assert "PySide6-Essentials" in found("Qt").mend


def test_folders(nothing_tried: dict[str, tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert doctor._folder("log", tmp_path / "a" / "b").state == "ok"
    monkeypatch.setattr(doctor, "_ROOM", 2**80)
    assert "are free" in doctor._folder("log", tmp_path).says
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert "cannot be written" in doctor._folder("log", tmp_path).says


def test_trials() -> None:
    assert doctor._try("print('one'); print('two')") == (0, "two")
    assert doctor._try("import os; print(os.environ['NAME'])", NAME="x") == (0, "x")
    code, said = doctor._try("raise ValueError('boom')")
    assert (code, said) == (1, "ValueError: boom")


def test_a_trial_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_SECONDS", 0.2)
    assert doctor._try("import time; time.sleep(60)") == (1, "no answer within 0.2 seconds")
