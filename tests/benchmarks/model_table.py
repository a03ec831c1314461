"""The table of models in docs/models.md, line by line as the gallery makes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- models: begin -->", "<!-- models: end -->"
HEAD = (
    "| model | what it is | command | bound, nats per frame | what it draws |",
    "| --- | --- | --- | --- | --- |",
)


@dataclass(frozen=True)
class Model:
    """What the table says of a model, apart from what is measured.

    Attributes:
        title: its name in the literature.
        what: what it is, in a sentence, with the paper.
    """

    title: str
    what: str


def line(name: str, model: Model, command: str, bound: dict[str, Any], turns: dict[str, Any] | None) -> str:
    """One line.

    Args:
        name: of the pictures.
        model: what it is about.
        command: that trains it.
        bound: as ``evaluate --json`` prints it.
        turns: as ``transitions --json`` prints it, where a pattern was learned.
    """
    value = bound["nats_per_frame"]
    error = value["standard_error"]
    measured = f"{value['mean']:.3f}" + ("" if error is None else f" ± {error:.3f}")
    picture = f"![{model.title}](pictures/gallery/{name}-generated.png)"
    return f"| {model.title} | {model.what} | `{command}` | {measured} | {picture}{_decided(turns)} |"


def _decided(turns: dict[str, Any] | None) -> str:
    if turns is None:
        return ""
    bad, shares = turns["bad"]["share"], turns["shares"]
    named = ", ".join(f"{name} {share['share']:.2f}" for name, share in shares.items() if share["share"] is not None)
    known = f"{named}; " if named else ""
    return f"<br>{known}{100 * (1.0 if bad is None else bad):.1f}% no shape of the pattern"


def put(page: Path, name: str, text: str, order: Sequence[str]) -> None:
    """Write a line into a page's table, in place of the one of that name.

    Args:
        page: with `BEGIN` and `END` around its table.
        name: of the pictures, by which lines are told apart.
        text: the line.
        order: of all names.
    """
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    lines = {found[1]: line for line in table.splitlines() if (found := re.search(r"/gallery/([^/]+)-generated", line))}
    lines[name] = text
    ordered = [lines[name] for name in order if name in lines]
    page.write_text("\n".join([before + BEGIN, *HEAD, *ordered, END + after]), encoding="utf-8")
