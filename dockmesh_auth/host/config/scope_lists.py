"""Two things called scope: what is asked of a provider, and where a role holds. And claim names."""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from dockmesh_auth.domain.claims import ClaimPath
from dockmesh_auth.domain.scope import TAG_PATTERN, Scope
from dockmesh_auth.host.config.kinds import ListOf, Refused, Schema, Text, wrong_type
from dockmesh_auth.host.config.letters import visible_text

__all__ = ["ClaimName", "ScopeList", "ScopeText"]

# RFC 6749, section 3.3: printable ASCII but blank, quotation mark and backslash.
_SCOPE_TOKENS: Final = ListOf(
    Text("a scope: printable, without blanks", pattern=r"[!#-\[\]-~]+", longest=200),
    "scopes",
    fewest=1,
)
_TAGS: Final = ListOf(
    Text("a host tag: a-z, 0-9 and -", pattern=TAG_PATTERN, longest=32), "host tags"
)
_SCOPE: Final = Text("`all`, `tag=NAME` or a list of tags", rule=Scope.parse)
_CLAIM: Final = Text("the name of a claim", longest=256, rule=visible_text)


@frozen
class ScopeList:
    """The scopes of RFC 6749, section 3.3: a list, or text with blanks or commas between them."""

    words: str = "a list of scopes, or text with blanks or commas between them"

    def read(self, value: object) -> tuple[str, ...]:
        """See `Kind.read`. Each scope once, in the order they are written."""
        if type(value) is str:
            value = [part for part in re.split("[ ,]+", value) if part]
        if type(value) is not list:
            raise wrong_type(self.words, value)
        return tuple(dict.fromkeys(_SCOPE_TOKENS.read(value)))

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {"anyOf": [_SCOPE_TOKENS.schema(), {"type": "string", "pattern": "[^ ,]"}]}


@frozen
class ScopeText:
    """Where a role holds: `all`, `tag=a,b`, or a list of tags. Never everywhere by omission."""

    words: str = _SCOPE.words

    def read(self, value: object) -> Scope:
        """See `Kind.read`."""
        if type(value) is list:
            if not value:
                raise Refused("a scope without tags holds nowhere; write `all` for all hosts")
            return Scope.of_tags(_TAGS.read(value))
        if type(value) is str:
            scope: Scope = _SCOPE.read(value)
            return scope
        raise wrong_type(self.words, value)

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        text = f"^(?:all|tag={TAG_PATTERN}(?:,{TAG_PATTERN})*)$"
        tags = _TAGS.schema() | {"minItems": 1}
        return {"anyOf": [{"type": "string", "pattern": text}, tags]}


@frozen
class ClaimName:
    """The name of a claim, a path into one, or null for none. Nothing in it is evaluated."""

    words: str = "the name of a claim, or null for none"

    def read(self, value: object) -> ClaimPath | None:
        """See `Kind.read`."""
        if value is None:
            return None
        if type(value) is not str:
            raise wrong_type(self.words, value)
        return ClaimPath(_CLAIM.read(value))

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {"anyOf": [_CLAIM.schema(), {"type": "null"}]}
