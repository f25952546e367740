"""What a plain scalar means: the core schema of YAML 1.2.2, section 10.3, and nothing else.

`yes`, `no`, `on`, `off`, dates and sexagesimal numbers are text, as that schema has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

__all__ = ["Scalar", "resolve_plain"]

Scalar: TypeAlias = str | bool | int | float | None

_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# More digits than these are no number that any key takes: they stay text.
_DECIMAL: Final = re.compile("[-+]?[0-9]{1,40}")
_OCTAL: Final = re.compile("0o[0-7]{1,40}")
_HEXADECIMAL: Final = re.compile("0x[0-9a-fA-F]{1,40}")
_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,4})?"
)
_SPECIAL_FLOAT: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve_plain(text: str) -> Scalar:
    """The value of a scalar that is written without quotes and without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.lower().replace(".", ""))
    return text
