"""Read forms, links and words out of an HTML page."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

from attrs import define, field, frozen

__all__ = ["Form", "Link", "Reader", "squeeze"]


@frozen
class Link:
    """A link of a page."""

    text: str
    href: str


@define
class Form:
    """A form of a page, with the values it would send.

    Attributes:
        action: Where it goes, as written.
        method: GET or POST.
        fields: Its fields, in order; to be changed before it is submitted.
        buttons: Its buttons: text, name, value.
    """

    action: str
    method: str
    fields: list[tuple[str, str]] = field(factory=list, repr=False)
    buttons: list[tuple[str, str, str]] = field(factory=list)


_INLINE: Final = frozenset({"a", "b", "code", "em", "i", "span", "strong"})
"""Elements that do not part words."""


class Reader(HTMLParser):
    """Collects what a person could read, click or send."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.words = ""
        self.forms: list[Form] = []
        self.links: list[Link] = []
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._href: str | None = None
        self._text = ""
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        self._part_words(tag)
        given = {name: value or "" for name, value in attrs}
        if tag in {"title", "style", "script"}:
            self._unseen = tag
        elif tag == "form":
            method = given.get("method", "get").upper()
            self._form = Form(given.get("action", ""), method)
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None:
            self._take_input(self._form, given)
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._button, self._text = (given.get("name", ""), given.get("value", "")), ""
        elif tag == "a" and "href" in given:
            self._href, self._text = given["href"], ""

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        self._part_words(tag)
        if tag == self._unseen:
            self._unseen = ""
        elif tag == "form":
            self._form = None
        elif tag == "button" and self._button is not None:
            if self._form is not None:
                self._form.buttons.append((squeeze(self._text), *self._button))
            self._button = None
        elif tag == "a" and self._href is not None:
            self.links.append(Link(squeeze(self._text), self._href))
            self._href = None

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._unseen == "title":
            self.title += data
        elif not self._unseen:
            self.words += data
            self._text += data

    def _part_words(self, tag: str) -> None:
        if tag not in _INLINE:
            self.words += " "
            self._text += " "

    @staticmethod
    def _take_input(form: Form, given: dict[str, str]) -> None:
        kind, name, value = given.get("type", "text"), given.get("name", ""), given.get("value", "")
        if kind == "submit":
            form.buttons.append((value, name, value))
        elif name and (kind not in {"checkbox", "radio"} or "checked" in given):
            form.fields.append((name, value))


def squeeze(text: str) -> str:
    """*text* with every run of white space as one space."""
    return " ".join(text.split())
