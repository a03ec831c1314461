"""Where the files that travel with the studio are: icons, themes, recipes and the sample material."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


@cache
def _folder(name: str) -> Traversable:
    # In a wheel the folder lies inside the package; in a checkout (editable install) beside it.
    installed = files("studio") / name
    return installed if installed.is_dir() else Path(__file__).parent.parent / name


def resource(*path: str) -> Traversable:
    """A file or folder below ``resources/``, e.g. ``resource("recipes", "pens.toml")``."""
    return _folder("resources").joinpath(*path)


def sample_data(*path: str) -> Traversable:
    """A file or folder below ``sample_data/``."""
    return _folder("sample_data").joinpath(*path)
