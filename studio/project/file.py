"""The project: one file NAME.vrnn that holds material, recipes, trainings and samples."""

from __future__ import annotations

from pathlib import Path

from studio.errors import StudioError
from studio.project.claim import holder, taken
from studio.project.collection import Collection
from studio.project.database import Database, Note, remove
from studio.project.runs import Runs

ENDING = ".vrnn"


class Project:
    """An open project file. Every method may be called from any thread; each change is on the disk when it returns.

    Attributes:
        collection: the material and its history.
        runs: the trainings.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.collection = Collection(database)
        self.runs = Runs(database)

    @classmethod
    def create(cls, path: Path) -> Project:
        """A new, empty project.

        Raises:
            StudioError: where a file exists already, or none can be made.
        """
        return cls(Database.create(path))

    @classmethod
    def open(cls, path: Path) -> Project:
        """An existing project; read-only where the file or its folder is.

        Raises:
            StudioError: where it is missing, no project, damaged, or made by a newer studio.
        """
        return cls(Database.open(path))

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._database.path

    @property
    def read_only(self) -> bool:
        """Whether it can only be looked at."""
        return self._database.read_only

    @property
    def why_read_only(self) -> str:
        """Why it can only be looked at, in a sentence; "" where it can be changed."""
        return self._database.why_read_only

    @property
    def backup(self) -> Path | None:
        """The copy that was made because an older studio had made the file, None where there was no need."""
        return self._database.backup

    def is_at(self, path: Path) -> bool:
        """Whether `path` names this very file, by whatever name."""
        return self._database.is_at(path)

    def claim(self, silent_after: float | None = None) -> None:
        """Keep others from changing it until it is closed; where another program has done so, only look at it.

        Args:
            silent_after: seconds without a sign of life after which another program is taken for dead, None: the usual.
        """
        if owner := self._database.claim(silent_after):
            self._database.why_read_only = taken(self.path, owner)

    def keep_claim(self) -> list[Note]:
        """Say that this program still has it open, and look what became of the file; to be called often.

        Returns:
            what the user must know.
        """
        self._database.look()
        notes, self._database.notes = self._database.notes, []
        return notes

    def copy_to(self, path: Path) -> None:
        """Go on in a complete copy at `path`, which replaces what is there.

        Raises:
            StudioError: where it cannot be written, or another program has it open.
        """
        self._go_to(path, keep=True)

    def move_to(self, path: Path) -> None:
        """Go on at `path`, which replaces what is there; the old file is deleted."""
        self._go_to(path, keep=False)

    def _go_to(self, path: Path, *, keep: bool) -> None:
        if holder(path):
            raise StudioError(f"{path} is open in another VRNN Studio: close it there, or choose another name.")
        self._database.move(path, keep=keep)

    def recipes(self) -> dict[str, str]:
        """The project's own recipes, name -> TOML."""
        return dict(self._database.read("SELECT name, toml FROM recipes ORDER BY name"))

    def save_recipe(self, name: str, toml: str) -> None:
        """Keep a recipe; it replaces one of the same name."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO recipes (name, toml) VALUES (?, ?)", (name, toml))

    def delete_recipe(self, name: str) -> None:
        """Forget a recipe."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM recipes WHERE name = ?", (name,))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
        self.collection.let_go()

    def delete(self) -> None:
        """Close and delete the file.

        Raises:
            StudioError: where another program has it open.
        """
        self._database.close()
        self.collection.let_go()
        if holder(self.path):
            raise StudioError(f"{self.path} is open in another VRNN Studio: close it there, or choose another name.")
        remove(self.path)
