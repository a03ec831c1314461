"""What has been read of the material of a project: as much as memory allows, and whatever somebody still holds."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from weakref import WeakValueDictionary

from studio.errors import StudioError
from studio.project.contents import Content, unpack
from studio.project.database import Database
from studio.project.records import MaterialItem
from studio.sequences.materials import Material

_log = logging.getLogger(__name__)

MOST_MEMORY = 256 * 2**20  # bytes kept for whoever asks again: an hour of sound at 16 kHz
APART = 2**20  # bytes from which on reading must not keep those who write waiting


class Shelf:
    """Reads material when it is asked for. Its methods may be called from any thread.

    Args:
        database: contents in it are written once and never changed, so that what was read stays true.
        most_memory: bytes kept; what was asked for longest ago goes first. What somebody else still holds is found
            again even then, so that nothing is in memory twice.
    """

    def __init__(self, database: Database, most_memory: int = MOST_MEMORY) -> None:
        self._database = database
        self._most_memory = most_memory
        self._lock = threading.Lock()
        self._held: WeakValueDictionary[int, Material] = WeakValueDictionary()  # by content
        self._kept: OrderedDict[int, tuple[Material, int]] = OrderedDict()  # with its memory
        self._memory = 0

    def at_hand(self, item: MaterialItem) -> bool:
        """Whether `read` takes no time."""
        return item.content in self._held

    def read(self, item: MaterialItem) -> Material:
        """What is in an item, under its label.

        Raises:
            StudioError: where it is damaged, or the project has been closed.
        """
        found = self._held.get(item.content)
        if found is None:
            found = self._from_file(item)
        elif found.label != item.label:
            found = found.labelled(item.label)
        self.put(item.content, found, item.facts.memory)
        return found

    def put(self, content: int, material: Material, memory: int) -> None:
        """Keep what is known without reading it, or was just read."""
        with self._lock:
            self._held[content] = material
            _, before = self._kept.pop(content, (material, 0))
            self._kept[content] = material, memory
            self._memory += memory - before
            while self._memory > self._most_memory:
                _, (_, least) = self._kept.popitem(last=False)
                self._memory -= least

    def clear(self) -> None:
        """Forget all: what is in the file may have another number now."""
        with self._lock:
            self._held.clear()
            self._kept.clear()
            self._memory = 0

    def _from_file(self, item: MaterialItem) -> Material:
        query = "SELECT kind, shape, data FROM contents WHERE id = ?"
        read = self._database.read_apart if item.facts.memory > APART else self._database.read
        rows = read(query, item.content)
        try:
            if not rows:
                raise ValueError("it is not in the file")
            kind, shape, data = rows[0]
            return unpack(Content(kind, shape, data), item.label)
        except (ValueError, TypeError) as error:
            _log.warning("content %d of %s is damaged: %s", item.content, self._database.path, error)
            raise StudioError(
                f"Item {item.id} ({item.name}) of {self._database.path} is damaged: delete it, or restore a copy of "
                "the project."
            ) from error
