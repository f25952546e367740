"""Where a role holds: on all hosts, or on hosts that carry one of some tags."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from attrs import field, frozen

from dockmesh_auth.errors import ConfigurationError, ErrorCode

__all__ = ["TAG_PATTERN", "Scope"]

TAG_PATTERN: Final = "[a-z0-9][a-z0-9-]{0,31}"
"""What dockmesh accepts as the tag of a host."""

_TAG = re.compile(TAG_PATTERN)


def _refused(detail: str) -> ConfigurationError:
    return ConfigurationError(ErrorCode.CONFIG_INVALID_VALUE, detail)


def _check_tags(_: Scope, __: object, tags: frozenset[str] | None) -> None:
    if tags is None:
        return
    if not tags:
        raise _refused("a scope without tags holds nowhere and is refused; write `all` for all")
    for tag in sorted(tags):
        if not _TAG.fullmatch(tag):
            raise _refused(f"{tag!r} is not a host tag: use a-z, 0-9 and -, at most 32 characters")


@frozen
class Scope:
    """All hosts, or the hosts that carry at least one of *tags*.

    Attributes:
        tags: The tags, any of which is enough; None means all hosts. Never an empty set: an
            empty list of tags is an error and never means all.
    """

    tags: frozenset[str] | None = field(default=None, validator=_check_tags)

    @classmethod
    def all_hosts(cls) -> Scope:
        """The scope that holds on every host."""
        return cls(None)

    @classmethod
    def of_tags(cls, tags: Iterable[str]) -> Scope:
        """The scope that holds on hosts with any of *tags*; a string is one tag.

        Raises:
            ConfigurationError: There is no tag, or one that dockmesh would not accept.
        """
        return cls(frozenset((tags,) if isinstance(tags, str) else tags))

    @classmethod
    def parse(cls, text: str | Sequence[str]) -> Scope:
        """Read `all`, `tag=prod`, `tag=prod,staging`, or a list of tags.

        Raises:
            ConfigurationError: It is none of these, or has no tag.
        """
        if not isinstance(text, str):
            return cls.of_tags(text)
        if text == "all":
            return cls.all_hosts()
        name, separator, tags = text.partition("=")
        if name != "tag" or not separator:
            raise _refused(f"{text!r} is not a scope: write `all`, `tag=NAME` or a list of tags")
        return cls.of_tags(tags.split(",") if tags else ())

    def holds_on(self, host_tags: Collection[str]) -> bool:
        """Whether the scope covers a host that carries *host_tags*; a string is one tag."""
        if isinstance(host_tags, str):
            host_tags = (host_tags,)
        return self.tags is None or not self.tags.isdisjoint(host_tags)

    def __str__(self) -> str:
        return "all" if self.tags is None else "tag=" + ",".join(sorted(self.tags))
