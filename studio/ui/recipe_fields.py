"""What the fields of a recipe are, so that a window can offer the right editor for each. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct

from studio.settings import explanation
from studio.training.recipe import Recipe

# What a recipe is called is not among its settings; what it is for is chosen with the recipe.
NAMING = ("name", "title", "summary", "group", "representation.kind", "model.kind")


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        path: as in ``--set path=value``.
        value: what the recipe has.
        kind: which editor it needs; "text" is TOML, for lists and all else.
        choices: for kind "choice".
        low, high: the least and the largest value, None where there is no limit.
        explanation: one sentence.
        table: (path, explanation) of the table it stands in.
    """

    path: str
    value: Any
    kind: Literal["choice", "switch", "whole", "real", "text"]
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    explanation: str
    table: tuple[str, str]

    @property
    def name(self) -> str:
        """For display: ``learning_rate`` is shown as "learning rate"."""
        return self.path.rpartition(".")[2].replace("_", " ")


def fields(recipe: Recipe) -> Iterator[Field]:
    """Every setting of a recipe, table by table."""
    for field in _walk(recipe, "", ("", "the recipe")):
        if field.path not in NAMING:
            yield field


def _walk(table: Struct, prefix: str, about: tuple[str, str]) -> Iterator[Field]:
    hints = get_type_hints(type(table), include_extras=True)
    for name in table.__struct_fields__:
        value, path = getattr(table, name), prefix + name
        if isinstance(value, Struct):
            yield from _walk(value, f"{path}.", (path, explanation(type(table), name)))
        else:
            yield _field(path, value, hints[name], explanation(type(table), name), about)


def _field(path: str, value: Any, hint: Any, text: str, table: tuple[str, str]) -> Field:
    metas = list(_metas(hint))
    low = next((bound for meta in metas for bound in (meta.ge, meta.gt) if bound is not None), None)
    high = next((bound for meta in metas for bound in (meta.le, meta.lt) if bound is not None), None)
    plain = _plain(hint)
    if get_origin(plain) is Literal:
        return Field(path, value, "choice", get_args(plain), low, high, text, table)
    kinds: dict[Any, Any] = {bool: "switch", int: "whole", float: "real"}
    return Field(path, value, kinds.get(plain, "text"), (), low, high, text, table)


def _metas(hint: Any) -> Iterator[Meta]:
    if get_origin(hint) is Annotated:
        inner, *metas = get_args(hint)
        yield from (meta for meta in metas if isinstance(meta, Meta))
        yield from _metas(inner)


def _plain(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        return _plain(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return None
    return hint


def shown(value: Any) -> str:
    """A value as it is typed: numbers short, lists with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        return ", ".join(shown(item) for item in value)
    return str(value)


def typed(text: str, field: Field) -> Any:
    """What was typed into a text editor, as `Recipe.changed` takes it: lists may come without brackets."""
    text = text.strip()
    if isinstance(field.value, tuple) and not text.startswith("["):
        return f"[{text}]"
    return text
