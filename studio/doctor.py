"""What is missing on this computer, and how to mend it.

Everything that could fail badly (a library that aborts, a display that does not answer) is tried in another process.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import io
import json
import os
import platform
import shutil
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from studio import __version__, child, log
from studio.files.atomic import write_bytes
from studio.files.source import printable

_SECONDS = 60  # for each trial: torch takes its time on a slow disk
# Why, is said in pyproject.toml.
_BAD_QT = (6, 11)
_GOOD_QT = "PySide6-Essentials>=6.8.3,<6.11"
_ROOM = 500 * 2**20  # bytes of free disk below which trainings may fail to be saved

# What Qt loads, and the package of Debian and Ubuntu that brings it.
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
SOUND_LIBRARY = "libportaudio2"

PACKAGES = (
    *("torch", "numpy", "scipy", "PySide6-Essentials", "pyqtgraph", "psygnal", "msgspec", "safetensors", "pillow"),
    *(
        "rich",
        "platformdirs",
        "defusedxml",
        "charset_normalizer",
        "tinycss2",
        "cssselect2",
        "sounddevice",
        "soundfile",
        "soxr",
    ),
)

_TRY_WINDOW = """
from PySide6.QtWidgets import QApplication
print(QApplication([]).platformName())
"""
_TRY_SOUND = """
import json, sounddevice
found = sounddevice.query_devices()
print(json.dumps([[d["name"], d["max_input_channels"], d["max_output_channels"]] for d in found]))
"""
_TRY_GPU = """
import json, torch
cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
print(json.dumps(cuda + (["Apple graphics (mps)"] if torch.backends.mps.is_available() else [])))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: "ok", "missing" where something does not work without it, "note" where all works in another way.
        says: what was found.
        packages: system packages that would mend it.
        mend: what else would, in a sentence.
    """

    subject: str
    state: str
    says: str
    packages: tuple[str, ...] = ()
    mend: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything, one thing after another."""
    yield Finding("system", "ok", f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    yield from _packages()
    yield _window_libraries()
    yield _display()
    yield _sound()
    yield _graphics_processor()
    yield _folder("projects without a name", platformdirs.user_data_path("vrnn-studio", appauthor=False))
    yield _folder("log", log.place().parent)


def bundle(path: Path) -> None:
    """Write a zip file for a bug report: what `main` prints, versions, and the log; nothing of any project.

    The name of the user's home folder is left out.

    Raises:
        StudioError: where it cannot be written.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main()
    files = {"doctor.txt": said.getvalue(), "packages.txt": "\n".join(sorted(_installed()))}
    for file in sorted(log.place().parent.glob(f"{log.place().name}*")):
        files[f"log/{file.name}"] = file.read_text("utf-8", "replace")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text.replace(str(Path.home()), "~"))
    write_bytes(path, packed.getvalue())


def _installed() -> Iterator[str]:
    for package in importlib.metadata.distributions():
        yield f"{package.metadata['Name']} {package.version}"


def main() -> int:
    """Print what was found, and one line that mends what can be installed.

    Returns:
        the exit code: 1 where the studio cannot work at all.
    """
    findings = []
    for finding in examine():
        findings.append(finding)
        mark = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}[finding.state]
        print(f"{mark} {finding.subject}: {printable(finding.says)}")  # a device may call itself anything
        if finding.mend:
            print(f"        {finding.mend}")
    packages = sorted({package for finding in findings for package in finding.packages})
    if packages:
        print(f"\nTo mend what is missing: {install_line(packages)}")
    return 1 if any(finding.state == "missing" for finding in findings) else 0


def install_line(packages: list[str]) -> str:
    """The one line to run, or what to look for where there is no apt."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install -y --no-install-recommends {' '.join(packages)}"
    return f"install what Debian calls {', '.join(packages)} with the package manager of this system"


def _packages() -> Iterator[Finding]:
    versions, missing = [], []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    yield Finding("versions", "ok", f"vrnn-studio {__version__}, {', '.join(versions)}")
    if missing:
        mend = "Install the studio again: pip install ."
        yield Finding("Python packages", "missing", f"there is no {', '.join(missing)}", mend=mend)
    elif _version("PySide6-Essentials") >= _BAD_QT:
        yield Finding("Qt", "missing", "this version loses its memory and aborts", mend=f'pip install "{_GOOD_QT}"')


def _version(package: str) -> tuple[int, ...]:
    return tuple(int(part) for part in importlib.metadata.version(package).split(".")[:2])


def _window_libraries() -> Finding:
    if sys.platform == "linux":
        missing = [name for name in {**QT_LIBRARIES, **WINDOW_LIBRARIES} if not _loads(name)]
        if missing:
            packages = tuple({**QT_LIBRARIES, **WINDOW_LIBRARIES}[name] for name in missing)
            return Finding("window libraries", "missing", f"there is no {', '.join(missing)}", packages)
    code, said = _try(_TRY_WINDOW, QT_QPA_PLATFORM="offscreen")
    if code == 0:
        return Finding("window libraries", "ok", "Qt starts")
    return Finding("window libraries", "missing", f"Qt does not start: {said}")


def _display() -> Finding:
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        says = "none (neither DISPLAY nor WAYLAND_DISPLAY is set)"
        return Finding("display", "note", says, mend="Everything but the window works: see vrnn-studio --help.")
    code, said = _try(_TRY_WINDOW)
    if code == 0:
        return Finding("display", "ok", said)
    return Finding("display", "note", f"it does not answer: {said}", mend="Log in to a desktop, or use ssh -X.")


def _sound() -> Finding:
    code, said = _try(_TRY_SOUND)
    if code != 0 and "PortAudio library not found" in said:
        return Finding("sound", "note", "there is no PortAudio: nothing can be heard or recorded", (SOUND_LIBRARY,))
    if code != 0:
        return Finding("sound", "note", f"it cannot be used: {said}")
    devices = json.loads(said)
    inputs = sum(channels > 0 for _, channels, _ in devices)
    outputs = sum(channels > 0 for _, _, channels in devices)
    if not devices:
        return Finding("sound", "note", "no device: nothing can be heard or recorded", mend="Connect one, or log in.")
    return Finding("sound", "ok", f"{outputs} to play on, {inputs} to record from")


def _graphics_processor() -> Finding:
    code, said = _try(_TRY_GPU)
    if code != 0:
        mend = "Install the studio again: pip install ."
        return Finding("PyTorch", "missing", f"it does not start: {said}", mend=mend)
    found = json.loads(said)
    if found:
        return Finding("graphics processor", "ok", ", ".join(found))
    return Finding("graphics processor", "note", "none that PyTorch can use; trainings run on the processor")


def _folder(subject: str, folder: Path) -> Finding:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(existing, os.W_OK):
        return Finding(subject, "missing", f"{folder} cannot be written", mend="Mend the permissions of that folder.")
    free = shutil.disk_usage(existing).free
    if free < _ROOM:
        return Finding(subject, "missing", f"only {free / 2**20:.0f} MB are free for {folder}", mend="Make room.")
    return Finding(subject, "ok", f"{folder}, {free / 2**30:.1f} GB free")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _try(code: str, **environment: str) -> tuple[int, str]:
    """Run some Python elsewhere: its exit code, and the last line it said."""
    try:
        done = child.run(code, seconds=_SECONDS, **environment)
    except child.TimeoutExpired:
        return 1, f"no answer within {_SECONDS} seconds"
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode, said[-1] if said else f"exit code {done.returncode}"
