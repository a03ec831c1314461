"""Tables of settings that explain themselves: the base class of every part of a recipe."""

from __future__ import annotations

from functools import cache
from typing import Annotated, TypeAlias, get_type_hints

from msgspec import Meta, Struct

Widths: TypeAlias = tuple[Annotated[int, Meta(ge=1, le=8192)], ...]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]
NotNegative: TypeAlias = Annotated[float, Meta(ge=0)]
Count: TypeAlias = Annotated[int, Meta(ge=1)]


def about(text: str) -> Meta:
    """The sentence that explains a setting: the comment in the TOML file and the tooltip in the window."""
    return Meta(description=text)


def tag(table: Struct) -> tuple[str, str] | None:
    """Name and value of the setting that says of which kind a table is, None where there is but one kind."""
    config = table.__struct_config__
    return None if config.tag_field is None else (config.tag_field, str(config.tag))


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of settings; each field carries its explanation (see `about`)."""


TAG = "which of several kinds this is; the kind decides what the other settings are"
"""What explains the tag of a table that may be of several kinds."""


@cache
def explanation(table: type[Struct], field: str) -> str:
    """The sentence that explains a field of a settings class, or its tag."""
    if field == table.__struct_config__.tag_field:
        return TAG
    hint = get_type_hints(table, include_extras=True)[field]
    texts = [meta.description for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta)]
    return next((text for text in texts if text), "")
