"""The style sheets and style attributes of an SVG document, as far as they say where lines are drawn, and whether.

tinycss2 reads the sheets, cssselect2 tells which rules meet an element. Sheets outside the file are not read, rules for
other media than the screen are left out, and what a browser would not understand is ignored as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

from studio.files import limits
from studio.files.source import Source
from studio.files.xml_tree import Document, local_name

PROPERTIES = frozenset(
    {
        *("display", "visibility", "font-size", "transform", "transform-origin", "transform-box"),
        *("translate", "rotate", "scale", "x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "d"),
    }
)
OF_INTEREST = re.compile(r"\\|" + "|".join(rf"(?<![\w-]){name}\s*(?:/\*|:)" for name in PROPERTIES), re.IGNORECASE)
"""A style that declares one of them, or hides one by backslashes."""

NOTHING: Mapping[str, str] = {}
MEDIA = frozenset({"", "all", "screen"})
FAR = re.compile(r"[~+:]")
"""In a selector: it looks at elements beside the one that it may meet."""

Ranked: TypeAlias = "tuple[tuple[Any, ...], str, str]"
"""What a declaration ranks by, its property and its value."""


class Styles:
    """What style sheets and attributes declare for the elements of a document."""

    def __init__(self, source: Source, document: Document) -> None:
        """
        Raises:
            StudioError: where the sheets are too long, or a rule would take too long to apply.
        """
        self._met: dict[Element, list[Ranked]] = {}
        self._known: dict[Element, Mapping[str, str]] = {}
        sheets = [
            element
            for element in document.root.iter()
            if local_name(element) == "style"
            and element.get("type", "text/css").strip().lower() in ("", "text/css")
            and element.get("media", "").strip().lower() in MEDIA
        ]
        self._apply(source, document, sheets)

    def of(self, element: Element) -> Mapping[str, str]:
        """The declared properties of an element (those of `PROPERTIES`) and their values, the ones that win."""
        if element not in self._known:
            inline = element.get("style", "")
            if not (inline and OF_INTEREST.search(inline)) and element not in self._met:
                return NOTHING
            ranked = list(self._met.get(element, ()))
            ranked += [((item[0], 1), item[1], item[2]) for item in _declared(_parsed(inline))]
            ranked.sort(key=lambda item: item[0])
            self._known[element] = {name: value for _, name, value in ranked}
        return self._known[element]

    def _apply(self, source: Source, document: Document, sheets: list[Element]) -> None:
        if not sheets:
            return
        import cssselect2

        matcher, count, line = cssselect2.Matcher(), 0, document.line(sheets[0])
        depth = _depth(document.root)
        texts = ["".join(sheet.itertext()) for sheet in sheets]
        if sum(map(len, texts)) > limits.STYLE_BYTES:
            raise source.refuse(f"holds more than {limits.STYLE_BYTES // 2**20} MB of style sheets", line=line)
        for rule in (rule for text in texts for rule in _rules(text)):
            declared = list(_declared(rule.content))
            if not declared:
                continue
            try:
                selectors = cssselect2.compile_selector_list(rule.prelude)
            except cssselect2.SelectorError:
                continue  # browsers, too, leave out the whole rule
            count += len(selectors) * _cost(rule.prelude, depth, len(document.lines))
            if count > limits.STYLE_STEPS:
                raise source.refuse("holds style rules that take too long to apply; save it as plain SVG", line=line)
            for selector in selectors:
                if selector.pseudo_element is None:
                    matcher.add_selector(selector, declared)
        if count:
            self._match(source, document, matcher)

    def _match(self, source: Source, document: Document, matcher: Any) -> None:
        import cssselect2

        for number, wrapped in enumerate(cssselect2.ElementWrapper.from_xml_root(document.root).iter_subtree()):
            if number % 1000 == 0:
                source.check_cancelled()
            met = [
                ((item[0], 0, specificity, order), item[1], item[2])
                for specificity, order, _, declared in matcher.match(wrapped)
                for item in declared
            ]
            if met:
                self._met[wrapped.etree_element] = met


def _parsed(text: str) -> Any:
    import tinycss2

    return tinycss2.parse_component_value_list(text, skip_comments=True)


def _rules(text: str) -> Iterator[Any]:
    """The style rules of a sheet, with those that it holds for the screen."""
    import tinycss2

    pending = [iter(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))]
    while pending:
        rule = next(pending[-1], None)
        if rule is None:
            pending.pop()
        elif rule.type == "qualified-rule":
            yield rule
        elif _is_for_screens(rule):
            pending.append(iter(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)))


def _is_for_screens(rule: Any) -> bool:
    import tinycss2

    if rule.type != "at-rule" or rule.lower_at_keyword != "media" or rule.content is None:
        return False
    return tinycss2.serialize(rule.prelude).strip().lower() in MEDIA


def _declared(content: Any) -> Iterator[tuple[bool, str, str]]:
    """Whether it is important, the property and the value of each declaration that is of interest."""
    import tinycss2

    for item in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if item.type == "declaration" and item.lower_name in PROPERTIES:
            parts = [part for part in item.value if part.type != "comment"]
            yield item.important, item.lower_name, tinycss2.serialize(parts).strip()


def _depth(root: Element) -> int:
    """Levels of elements."""
    levels, layer = 0, [root]
    while layer:
        levels, layer = levels + 1, [child for element in layer for child in element]
    return levels


def _cost(prelude: Any, depth: int, elements: int) -> int:
    """At most so many steps does it take to match a selector with all elements."""
    import tinycss2

    text: str = tinycss2.serialize(prelude)
    combinators = max(len(re.findall(r"[\s>~+]+", part.strip())) for part in text.split(","))
    return int(elements * (elements if FAR.search(text) else depth) ** min(combinators, 12))
