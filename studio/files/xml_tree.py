"""XML from strangers as a tree that knows its line numbers, by way of defusedxml.

A DOCTYPE may stand there, and declare attributes, as in KanjiVG. Anything outside the file is refused, so that no other
file is read; declared entities are refused too, but for short plain texts where a format asks for them, as drawing
programs write them, so that no entity grows without end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException, EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser

from studio.files import limits
from studio.files.source import Source, shown


@dataclass(frozen=True)
class Document:
    """An XML document.

    Attributes:
        root: its outermost element.
        lines: the line on which each element begins.
    """

    source: Source
    root: Element
    lines: dict[Element, int]

    def line(self, element: Element) -> int:
        return self.lines.get(element, 1)


class _Builder(TreeBuilder):
    """Builds the tree and counts as it goes. `parser` is set once there is one."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.lines: dict[Element, int] = {}
        self.depth = self.characters = 0
        self.longest_entities: list[int] = []
        self.parser: Any = None

    def start(self, tag: Any, attrs: Any, /) -> Element:
        element: Element = super().start(tag, attrs)
        line = self.parser.CurrentLineNumber
        self.lines[element] = line
        self.depth += 1
        self.characters += sum(map(len, attrs.values()))
        if self.characters > len(self.source.data) + limits.EXPANDED_CHARACTERS:
            raise self.source.refuse("grows too much by what its DOCTYPE declares", line=line)
        if self.depth > limits.NESTING:
            raise self.source.refuse(f"holds elements nested more than {limits.NESTING} deep", line=line)
        if len(self.lines) > limits.ELEMENTS:
            raise self.source.refuse(f"holds more than {limits.ELEMENTS:,} elements", line=line)
        if len(self.lines) % 10_000 == 0:
            self.source.check_cancelled()
        return element

    def end(self, tag: Any, /) -> Element:
        self.depth -= 1
        return super().end(tag)

    def declare_entity(self, name: str, is_parameter: bool, value: str | None, *outside: object) -> None:
        """Take the declaration of a short plain text; raise for any other."""
        line = self.parser.CurrentLineNumber
        is_plain = not is_parameter and value is not None and not re.search("[<&%]", value)
        if not is_plain or len(value or "") > limits.ENTITY_LENGTH:
            raise EntitiesForbidden(name, value, *outside)
        self.longest_entities.append(len(value or ""))
        data = self.source.data
        is_countable = b"<!ENTITY" in data or b"<!ENTITY" in data.replace(b"\0", b"")
        expanded = data.count(b"&") * max(self.longest_entities)  # every entity that is used takes one of these bytes
        if not is_countable or len(self.longest_entities) > limits.ENTITIES or expanded > limits.EXPANDED_CHARACTERS:
            what = "declares or uses too many entities, which is not read for safety"
            raise self.source.refuse(f"{what}; {WITHOUT_ENTITIES}", line=line)


WITHOUT_ENTITIES = "save it again without a DOCTYPE, as plain SVG or XML"


def read_document(source: Source, root: str, *, plain_entities: bool = False) -> Document:
    """Parse a document.

    Args:
        root: what its outermost element must be called, whatever its namespace.
        plain_entities: expand those that are short texts without markup or further entities.

    Raises:
        StudioError: with the line, where it is no XML, declares entities, is too deep, or is something else.
    """
    source.limit_bytes(limits.DOCUMENT_BYTES)
    builder = _Builder(source)
    parser = DefusedXMLParser(
        target=builder, forbid_dtd=False, forbid_entities=not plain_entities, forbid_external=True
    )
    builder.parser = parser.parser
    if plain_entities:
        builder.parser.EntityDeclHandler = builder.declare_entity
    try:
        parser.feed(source.data)
        tree = parser.close()
    except EntitiesForbidden as error:
        line = builder.parser.CurrentLineNumber
        raise source.refuse(
            f"declares the entity {shown(error.name)}, which is not read for safety; {WITHOUT_ENTITIES}", line=line
        ) from error
    except DefusedXmlException as error:
        line = builder.parser.CurrentLineNumber
        raise source.refuse("refers to another file, which is not read for safety", line=line) from error
    except (ParseError, ExpatError) as error:
        what = str(error).partition(": line")[0]
        raise source.refuse(f"is no XML there: {what}", line=builder.parser.ErrorLineNumber) from error
    except (ValueError, LookupError) as error:
        raise source.refuse("is in an encoding that cannot be read", line=1) from error
    if local_name(tree) != root:
        raise source.refuse(f"begins with <{local_name(tree)[:30]}>; expected <{root}>", line=builder.lines.get(tree))
    return Document(source, tree, builder.lines)


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def xml_text(text: str) -> str:
    """The text without the control characters that XML cannot hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
