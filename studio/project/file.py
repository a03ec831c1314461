"""The project: one file NAME.vrnn that holds material, recipes, trainings and samples."""

from __future__ import annotations

from pathlib import Path

from studio.project.collection import Collection
from studio.project.database import Database, remove
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

    def copy_to(self, path: Path) -> None:
        """Go on in a complete copy at `path`, which replaces what is there."""
        self._database.move(path, keep=True)

    def move_to(self, path: Path) -> None:
        """Go on at `path`, which replaces what is there; the old file is deleted."""
        self._database.move(path, keep=False)

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

    def delete(self) -> None:
        """Close and delete the file."""
        self._database.close()
        remove(self.path)
