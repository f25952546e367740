"""A value that nothing prints."""

from __future__ import annotations

import hmac
from typing import NoReturn, final

__all__ = ["Secret"]


@final
class Secret:
    """Text that must not be seen: a client secret, a token, a code verifier.

    `repr`, `str`, `format` and error messages show `<secret>`; it cannot be pickled or copied
    into JSON by accident. The text is had by `reveal()` alone, so that every use can be found.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call it where the text leaves for its one destination."""
        return self._text

    def matches(self, other: str) -> bool:
        """Whether *other* is the same text, compared in constant time."""
        return hmac.compare_digest(
            self._text.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._text)

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __len__(self) -> int:
        return len(self._text)

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("<secret>", spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")
