"""Verified claims: what a provider vouches for, immutable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, final

from dockmesh_auth.domain.strict_json import FrozenJson, Json, freeze

__all__ = ["MISSING", "ClaimPath", "Claims", "Missing"]


@final
class Missing:
    """The absence of a claim, which is not the same as `null`."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""What `ClaimPath.find` answers where there is no claim."""

_DOT = re.compile(r"(?<!\\)\.")


@final
class ClaimPath:
    r"""The place of a claim: its literal name first, then a path through objects.

    `realm_access.roles` is the member `roles` of the object `realm_access`, unless there is a
    claim that is called just so. A dot that belongs to a name is written `\.`.
    """

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        self.text: Final = text
        self._steps: Final = tuple(step.replace("\\.", ".") for step in _DOT.split(text))

    @property
    def root(self) -> str:
        """The name of the claim that the path goes into."""
        return self._steps[0]

    def find(self, claims: Mapping[str, FrozenJson]) -> FrozenJson | Missing:
        """The value at this path, or `MISSING`."""
        if self.text in claims:
            return claims[self.text]
        value: FrozenJson = claims
        for step in self._steps:
            if not isinstance(value, Mapping) or step not in value:
                return MISSING
            value = value[step]
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClaimPath) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"ClaimPath({self.text!r})"


@final
class Claims(Mapping[str, FrozenJson]):
    """The claims of an ID token that passed validation (OpenID Connect Core 1.0, section 2).

    A read-only mapping. Values are handed out as immutable copies, so that no reader can change
    what the next one sees.
    """

    __slots__ = ("_frozen", "_issuer", "_members", "_subject")

    def __init__(
        self, members: Mapping[str, Json | FrozenJson], *, issuer: str, subject: str
    ) -> None:
        """Take verified *members*. Only token validation has reason to call this."""
        self._members = members
        self._frozen: dict[str, FrozenJson] = {}
        self._issuer = issuer
        self._subject = subject

    @property
    def issuer(self) -> str:
        """`iss`, checked against the provider."""
        return self._issuer

    @property
    def subject(self) -> str:
        """`sub`, 1 to 255 characters."""
        return self._subject

    def __getitem__(self, name: str) -> FrozenJson:
        value = self._members[name]
        if not isinstance(value, (dict, list)):
            return value
        if name not in self._frozen:  # copied once, when it is first asked for
            self._frozen[name] = freeze(value)
        return self._frozen[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def text(self, name: str) -> str | None:
        """The claim *name* if it is a non-empty string, else None."""
        value = self._members.get(name)
        return value if isinstance(value, str) and value else None

    def merged_with(self, other: Mapping[str, FrozenJson]) -> Claims:
        """These claims and those of *other* that are not here: what is signed has precedence."""
        members = {**other, **self._members}
        return Claims(members, issuer=self._issuer, subject=self._subject)

    def __repr__(self) -> str:
        return f"<Claims of {self.issuer}: {', '.join(sorted(self._members))}>"
