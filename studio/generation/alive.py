"""What pens, sounds and texts have in common that are made while somebody watches or listens."""

from __future__ import annotations

import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from studio.errors import StudioError
from studio.generation.variance import Variance
from studio.sequences.materials import Material

if TYPE_CHECKING:
    from studio.generation.loaded import Loaded

_log = logging.getLogger(__name__)


class Alive(ABC):
    """Goes on by itself, from a model that is loaded in the background.

    Args:
        load: gives the model with its newest weights; called in the background.
        seed: not negative.
        variance: how much chance, to begin with; None: as trained.
        label: what it shall be, where the model is told of labels.

    Attributes:
        error: one sentence where it cannot go on, else "".
        details: of a mistake in the studio: its traceback.
    """

    _what: str  # it is, in a sentence

    def __init__(self, load: Callable[[], Loaded], seed: int, variance: Variance | None, label: str) -> None:
        self.error = self.details = ""
        self._load = load
        self._seed = seed
        self._variance = variance or Variance()
        self._label = label
        self._loaded: Loaded | None = None
        self._closed = False

    @property
    def ready(self) -> bool:
        """Whether the model is loaded, and what depends on it is known."""
        return self._loaded is not None

    @property
    def seed(self) -> int:
        """Of what is being made."""
        return self._seed

    @property
    def variance(self) -> tuple[float, float]:
        """(latent, output); to be assigned while it goes on, with that of the whole piece where it is another."""
        return self._variance.latent, self._variance.output

    @variance.setter
    def variance(self, values: tuple[float, float] | tuple[float, float, float | None]) -> None:
        self._variance = Variance(*values)

    @abstractmethod
    def restart(self, seed: int | None = None) -> None:
        """Begin anew with the newest weights, and with another seed if one is given."""

    @abstractmethod
    def refresh(self) -> None:
        """Take the newest weights as soon as that makes no break."""

    @abstractmethod
    def materials(self) -> list[Material]:
        """What has been made so far; none where that is nothing."""

    @abstractmethod
    def close(self) -> None:
        """Make nothing more."""

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Whatever goes wrong becomes a sentence."""
        try:
            yield
        except StudioError as error:
            self.error = str(error)
        except Exception as error:
            _log.exception("live %s failed", self._what)
            self.details = traceback.format_exc()
            self.error = f"The {self._what} stopped because of a mistake in the studio ({error}): see its log."
