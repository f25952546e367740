"""Names that look like something else: invisible characters, and letters of several scripts.

Group names are compared code point by code point and never folded, so what an administrator
cannot see decides. Unicode Technical Standard 39 has the reasons and the classes.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from dockmesh_auth.host.config.kinds import Refused

__all__ = ["oddities", "visible_text"]

_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Letters, marks and symbols by category that show nothing all the same: fillers, joiners,
# variation selectors, the blank of Braille.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
_JAPANESE: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"})
_KOREAN: Final = frozenset({"CJK", "HANGUL"})
_WIDTHS: Final = frozenset({"FULLWIDTH", "HALFWIDTH"})


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in _INVISIBLE_CATEGORIES or letter in _BLANK


def visible_text(text: str) -> str:
    """*text*, which must have no invisible character."""
    if any(map(_is_invisible, text)):
        raise Refused("must not hold an invisible character, such as a line break or a joiner")
    if not text.strip():
        raise Refused("must not be blank")
    return text


def _script(letter: str) -> str:
    words = unicodedata.name(letter, "").split()
    return words[1] if len(words) > 1 and words[0] in _WIDTHS else "".join(words[:1])


def oddities(text: str) -> list[str]:
    """What an administrator should look at twice in *text*; nothing of it is refused."""
    found = []
    if text != text.strip():
        found.append("begins or ends with a blank, which counts")
    if text.isascii():
        return found
    scripts = {_script(letter) for letter in text if letter.isalpha()}
    if len(scripts) > 1 and not (scripts <= _JAPANESE or scripts <= _KOREAN):
        names = ", ".join(sorted(name.capitalize() for name in scripts))
        found.append(f"mixes letters of several scripts ({names}) that may look alike")
    if unicodedata.normalize("NFC", text) != text:
        found.append("is not in composed form (NFC); the provider's name may differ unseen")
    elif unicodedata.normalize("NFKC", text) != text:
        found.append("holds compatibility characters that look like others")
    return found
