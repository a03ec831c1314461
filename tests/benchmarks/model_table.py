"""The tables of models in docs/models.md, line by line as the gallery makes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEAD = (
    "| model | what it is | command | bound, nats per frame | what it draws |",
    "| --- | --- | --- | --- | --- |",
)
AUTOMATON = "automaton"  # a table of its own: of the pattern that also counts
AUTOMATON_HEAD = (
    "| model | after triangles: circle / triangle / eight | runs that are no whole blocks "
    "| turns that are no shape of it | what it draws |",
    "| --- | --- | --- | --- | --- |",
)


@dataclass(frozen=True)
class Model:
    """What the table says of a model, apart from what is measured.

    Attributes:
        title: its name in the literature.
        what: what it is, in a sentence, with the paper.
        table: in which of the page's tables it stands.
    """

    title: str
    what: str
    table: str = "models"


def line(
    name: str, model: Model, command: str, bound: dict[str, Any], turns: dict[str, Any] | None, written: str = ""
) -> str:
    """One line.

    Args:
        name: of the pictures.
        model: what it is about.
        command: that trains it.
        bound: as ``evaluate --json`` prints it.
        turns: as ``transitions --json`` prints it, where a pattern was learned.
        written: what it has written, where that is no picture.
    """
    value = bound["nats_per_frame"]
    error = value["standard_error"]
    measured = f"{value['mean']:.3f}" + ("" if error is None else f" ± {error:.3f}")
    made = f"![{model.title}](pictures/gallery/{name}-generated.png)"
    if written:
        made = "<br>".join(f"`{row}`" for row in written.replace("|", "/").replace("`", "'").splitlines() if row)
    return f"| {model.title} | {model.what} | `{command}` | {measured} | {made}{_decided(turns)} |"


def automaton_line(name: str, title: str, turns: dict[str, Any]) -> str:
    """One line on what a model makes of the automaton.

    Args:
        name: of the picture.
        title: of the model.
        turns: as ``transitions --json`` prints it.
    """
    shares = [turns["transitions"]["triangle"][shape]["probability"] for shape in ("circle", "triangle", "eight")]
    decided = " / ".join("–" if share is None else f"{share:.2f}" for share in shares)
    wrong, bad = turns["wrong_counts"]["share"], turns["bad"]["share"]
    counted = "–" if wrong is None else f"{100 * wrong:.1f}%"
    made = f"![{title}](pictures/gallery/{name}-generated.png)"
    return f"| {title} | {decided} | {counted} | {100 * (1.0 if bad is None else bad):.1f}% | {made} |"


def _decided(turns: dict[str, Any] | None) -> str:
    if turns is None:
        return ""
    bad, shares = turns["bad"]["share"], turns["shares"]
    named = ", ".join(f"{name} {share['share']:.2f}" for name, share in shares.items() if share["share"] is not None)
    known = f"{named}; " if named else ""
    return f"<br>{known}{100 * (1.0 if bad is None else bad):.1f}% no shape of the pattern"


def put(page: Path, model: Model, text: str, order: Sequence[str]) -> None:
    """Write a line into one of a page's tables, in place of the one of that title.

    Args:
        page: with ``<!-- TABLE: begin -->`` and ``<!-- TABLE: end -->`` around the table.
        model: whose line it is.
        text: the line.
        order: of all titles.
    """
    begin, end = f"<!-- {model.table}: begin -->", f"<!-- {model.table}: end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    table, _, after = rest.partition(end)
    lines = {found[1]: line for line in table.splitlines() if (found := re.match(r"\| (.+?) \|", line))}
    lines[model.title] = text
    ordered = [lines[title] for title in order if title in lines]
    head = AUTOMATON_HEAD if model.table == AUTOMATON else HEAD
    page.write_text("\n".join([before + begin, *head, *ordered, end + after]), encoding="utf-8")
