"""The header `Link`: RFC 8288, section 3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

__all__ = ["Link", "parse_links"]

# No two of these can match one text in two ways: reading takes time in proportion to its length.
_BETWEEN: Final = re.compile(r"[ \t,]*")
_SPACE: Final = re.compile(r"[ \t]*")
_TARGET: Final = re.compile(r'<([^<>"\s]*)>')
# `;name`, `;name=value`, `;name="value"`, and the `;` after which nothing comes (appendix B.3).
_PARAMETER: Final = re.compile(
    r"[ \t]*;[ \t]*(?:"
    r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*"
    r'(?:=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s;,"]*)))?'
    r")?"
)
_ESCAPED: Final = re.compile(r"\\(.)")


def _read_only(parameters: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(parameters))


@frozen
class Link:
    """One link.

    Attributes:
        target: Where it leads, as written: a reference that may be relative.
        parameters: Its parameters by name in lower case; of one that stands twice, the first.
    """

    target: str
    parameters: Mapping[str, str] = field(converter=_read_only)

    @property
    def relations(self) -> frozenset[str]:
        """What it is to the page, in lower case; empty for a link from somewhere else (`anchor`,
        section 3.2).
        """
        if "anchor" in self.parameters:
            return frozenset()
        return frozenset(self.parameters.get("rel", "").lower().split())


def parse_links(header: str) -> tuple[Link, ...]:
    """The links of a header, in order. What stands in quotes is never read as a link.

    Stricter than appendix B.2, which goes on after what it cannot read: here the rest could be the
    link that matters.

    Raises:
        ValueError: It is not a list of links.
    """
    links: list[Link] = []
    at = _end(_BETWEEN, header, 0)
    while at < len(header):
        target = _TARGET.match(header, at)
        if target is None:
            raise ValueError("there is no <target> where a link begins")
        at = target.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, at):
            at = parameter.end()
            if parameter["name"]:
                parameters.setdefault(parameter["name"].lower(), _value(parameter))
        at = _end(_SPACE, header, at)
        if at < len(header) and header[at] != ",":
            raise ValueError("there is something after a link that is no parameter of it")
        links.append(Link(target[1], parameters))
        at = _end(_BETWEEN, header, at)
    return tuple(links)


def _value(parameter: re.Match[str]) -> str:
    if parameter["quoted"] is not None:
        return _ESCAPED.sub(r"\1", parameter["quoted"])
    return parameter["plain"] or ""


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()
