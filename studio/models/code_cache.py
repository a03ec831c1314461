"""The folder where compiled code is kept, used only where nobody but this user can have put anything into it.

What numba finds there it unpickles and runs. So the folder and all folders above it must belong to this user or to the
system, and others must not be able to write to any of them. NUMBA_CACHE_DIR names another folder than the platform's
own; the same is asked of it. Where that is not so, nothing is kept and nothing is found: one line in the log says so,
and every start compiles anew.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs
from numba import config as numba_config

config: Any = numba_config

_log = logging.getLogger(__name__)

_WRITE = {"its group": stat.S_IWGRP, "everybody": stat.S_IWOTH}


class NotPrivate(Exception):
    """Others than this user could have put something into a folder; the message says how."""


def chosen() -> Path:
    """The folder asked for, or else the platform's place for what can be made again."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return Path(named)
    return platformdirs.user_cache_path("vrnn-studio", appauthor=False) / "compiled"


def private(folder: Path) -> Path:
    """Make a folder that only this user can look into, or see to it that one is so.

    Returns:
        where it really lies: absolute, and without links on the way.

    Raises:
        NotPrivate: it belongs to another user, or others may write to it, or to a folder on the way to it.
        OSError: it cannot be made.
    """
    place = Path(os.path.realpath(folder))
    if sys.platform == "win32":  # folders of users are closed to others there, and have no such permissions
        place.mkdir(parents=True, exist_ok=True)
        return place
    for above in (*reversed(place.parents), place):
        if not above.exists():
            above.mkdir(mode=0o700, exist_ok=True)
        _look_over(above, above == place)
    for inside in place.rglob("*"):
        _look_over(inside, True, is_inside=True)
    place.chmod(0o700)  # it has never been writable to others: what is in it is our own
    return place


def _look_over(folder: Path, is_last: bool, *, is_inside: bool = False) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) and not (is_inside and stat.S_ISREG(found.st_mode)):
        raise NotPrivate(f"{folder} is not a folder")
    if found.st_uid != os.getuid() and (is_last or found.st_uid != 0):
        raise NotPrivate(f"{folder} belongs to another user")
    if found.st_mode & stat.S_ISVTX and not is_last:
        return  # as /tmp: everybody may write to it, but nobody can replace what belongs to us
    for whose, bit in _WRITE.items():
        if found.st_mode & bit and not (bit == stat.S_IWGRP and _is_only_ours(found.st_gid)):
            raise NotPrivate(f"{whose} may write to {folder}")


def _is_only_ours(group: int) -> bool:
    """Whether a group is this user's own, named like the user and without other members, as many systems have them."""
    import grp
    import pwd

    try:
        user, found = pwd.getpwuid(os.getuid()), grp.getgrgid(group)
    except KeyError:  # a container that knows no names
        return False
    return user.pw_gid == group and found.gr_name == user.pw_name and set(found.gr_mem) <= {user.pw_name}


def _opened(folder: Path) -> Path:
    """As `private`; the studio's own folder is closed and emptied where an earlier version left it open to others."""
    try:
        return private(folder)
    except NotPrivate:
        if os.environ.get("NUMBA_CACHE_DIR"):
            raise
    own = folder.parent
    with suppress(OSError):
        if stat.S_ISDIR(own.lstat().st_mode):
            own.chmod(0o700)
    with suppress(OSError):
        shutil.rmtree(folder)
    return private(folder)


def settled() -> str | None:
    """Have numba keep what it compiles in the folder, and read no settings of the working folder.

    Returns:
        the folder; None where nothing is kept.
    """
    config._config_fname = os.devnull  # else numba reads .numba_config.yaml in the working folder each time it compiles
    config.reload_config()
    folder = chosen()
    try:
        place = str(_opened(folder))
    except NotPrivate as error:
        _log.warning(
            "Compiled code is not kept in %s, and every start compiles anew, since %s: close it to others and empty "
            "it, or name another folder in NUMBA_CACHE_DIR.",
            *(folder, error),
        )
    except OSError as error:
        _log.warning("Compiled code cannot be kept in %s: %s.", folder, error.strerror)
    else:
        os.environ["NUMBA_CACHE_DIR"] = config.CACHE_DIR = place
        return place
    config.CACHE_DIR = ""
    return None
