"""Who may write to a project: a token in the file, which every transaction checks and signs.

Whoever opens a project to change it puts a token of its own into the table `claim`. Each transaction looks, within
itself, whether that token still stands there. So a process that stood still while another took the project over, as
a computer does whose lid is closed, writes nothing when it wakes up, however sure it is that the project is its own.

The claim is in the file, so it holds by whatever name the file is opened.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from studio.project.handle import identity_of
from studio.project.lock import Sign, is_held, lock_file, sign_of
from studio.project.owner import named, this_process

_MARK = re.compile(r"<vrnn (\d{1,18}) (\d{1,18}) ([0-9a-f,]{1,2000})>")
_MOST_TOKENS = 20  # remembered of those who wrote to one log


@dataclass(frozen=True)
class Mark:
    """What each transaction leaves in the table `claim`, by which a log is known to be of a file, and of which state.

    Attributes:
        writes: transactions in the life of the file.
        since: how many there were when the log began, that is when all of it last was in the file itself.
        tokens: of who wrote that state and everything in the log, the last one last.
    """

    writes: int
    since: int
    tokens: tuple[str, ...]

    def __str__(self) -> str:
        return f"<vrnn {self.writes} {self.since} {','.join(self.tokens)}>"

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """The one that a text is; None for none."""
        found = _MARK.fullmatch(text)
        return None if found is None else cls(int(found[1]), int(found[2]), tuple(found[3].split(",")))

    def by(self, token: str) -> Mark:
        """The mark of the next transaction, written by this token."""
        tokens = self.tokens if self.tokens[-1] == token else (*self.tokens, token)[-_MOST_TOKENS:]
        return Mark(self.writes + 1, self.since, tokens)

    def stands_on(self, claim: Claim) -> bool:
        """Whether a log that ends with this mark belongs to a file that has that row."""
        return claim.token in self.tokens and self.since <= claim.mark.writes <= self.writes

    def folded(self) -> Mark:
        """The mark once all of the log is in the file."""
        return Mark(self.writes, self.writes, self.tokens[-1:])


@dataclass(frozen=True)
class Claim:
    """The row of the table.

    Attributes:
        token: of whoever claimed it last.
        owner: the process, "" once it has let go.
        place: what the file was called then.
        inode: which one it was.
    """

    token: str
    owner: str
    place: str
    inode: int
    mark: Mark


def new_token() -> str:
    """One that there has never been."""
    return secrets.token_hex(16)


def read_claim(connection: sqlite3.Connection) -> Claim | None:
    """The row of a file; None where it has none, as files of older studios.

    Raises:
        sqlite3.Error: where it cannot be read.
    """
    try:
        row = connection.execute("SELECT token, owner, place, inode, mark FROM claim WHERE id = 1").fetchone()
    except sqlite3.OperationalError as error:
        if "no such" in str(error):
            return None
        raise
    if row is None or [type(value) for value in row] != [str, str, str, int, str]:
        return None
    mark = Mark.read(row[4])
    return None if mark is None else Claim(row[0], row[1], row[2], row[3], mark)


def write_claim(connection: sqlite3.Connection, claim: Claim) -> None:
    """Put it into the table, in a transaction."""
    connection.execute(
        "INSERT OR REPLACE INTO claim (id, token, owner, place, inode, mark) VALUES (1, ?, ?, ?, ?, ?)",
        (claim.token, claim.owner, claim.place, claim.inode, str(claim.mark)),
    )


def write_mark(connection: sqlite3.Connection, mark: Mark) -> None:
    """Mark a transaction of whoever has the claim."""
    connection.execute("UPDATE claim SET mark = ? WHERE id = 1", (str(mark),))


def claim_without_log(path: Path) -> Claim | None:
    """The row as it is in the file itself, whatever log lies beside it; None where there is none to be read."""
    with suppress(sqlite3.Error, OSError, UnicodeDecodeError):
        return stored_claim(path)
    return None


def stored_claim(path: Path) -> Claim | None:
    """The same; None only where the file has no claim.

    Raises:
        sqlite3.Error, UnicodeDecodeError: where the file alone cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        return read_claim(connection)


def holds(claim: Claim, path: Path, silent_after: float | None = None) -> bool:
    """Whether another process that is still at work has this claim.

    Args:
        path: what the file is called here.
        silent_after: see `studio.project.lock.is_held`.
    """
    sign = sign_of(lock_file(path))
    if sign is None or sign.token != claim.token:
        if _is_copy(claim, path):
            return False
        sign = sign_of(lock_file(Path(claim.place))) if claim.place else None
    if sign is not None and sign.token == claim.token:
        return is_held(sign, path, silent_after)
    return is_held(Sign(claim.owner, claim.token), path, silent_after)


def _is_copy(claim: Claim, path: Path) -> bool:
    """Whether a file is a copy of the one that was claimed: then the claim, which was copied along, is not on it."""
    identity = identity_of(path)
    return identity is not None and identity[1] != claim.inode


def holder(path: Path, silent_after: float | None = None) -> str:
    """The living process, another one than this, that has a project open; "" for none."""
    sign = sign_of(lock_file(path))
    if sign is not None and is_held(sign, path, silent_after):
        return sign.owner
    claim = claim_without_log(path)
    if claim is not None and claim.owner and holds(claim, path, silent_after):
        return claim.owner
    return ""


def taken(path: Path, owner: str) -> str:
    """That another process has a project, in a sentence."""
    return (
        f"{path} is open in another VRNN Studio ({_called(owner)}), and can only be read here: close it there, or save "
        "it under another name."
    )


def lost(path: Path, owner: str) -> str:
    """That another process took a project over, in a sentence."""
    who = f"another VRNN Studio ({_called(owner)})" if owner else "another VRNN Studio"
    return (
        f"While this studio stood still, {who} took {path} over: nothing more is written to it from here; open it "
        "again, or save it under another name."
    )


def _called(owner: str) -> str:
    name = named(owner)
    if name is None:
        return f"process unknown on {owner or 'this computer'}"
    return f"process {name[1]} on {name[0]}"


def mine(token: str, place: Path, inode: int, mark: Mark) -> Claim:
    """The claim of this process."""
    return Claim(token, this_process(), str(place), inode, mark)
