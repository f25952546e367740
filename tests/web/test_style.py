"""The style sheet: its colours can be read, in both themes."""

from __future__ import annotations

import re
from importlib import resources

import pytest

CSS = (resources.files("dockmesh_auth.web") / "static" / "dockmesh.css").read_text("utf-8")

# WCAG 2.2, success criterion 1.4.3: 4.5 for text; 1.4.11: 3 for what shows the focus.
PAIRS = [
    ("fg", "bg", 4.5),
    ("fg", "bg-elevated", 4.5),
    ("fg", "surface", 4.5),
    ("fg", "surface-hover", 4.5),
    ("fg-muted", "bg", 4.5),
    ("fg-muted", "bg-elevated", 4.5),
    ("accent", "bg", 4.5),
    ("accent-fg", "bg-elevated", 4.5),
    ("danger", "bg-elevated", 3),
    ("warning", "bg-elevated", 3),
    ("on-brand", "brand-500", 4.5),
    ("ring", "bg", 3),
    ("ring", "bg-elevated", 3),
]


def tokens(selector: str) -> dict[str, str]:
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\}", CSS, re.DOTALL)
    assert block is not None, selector
    return dict(re.findall(r"--([a-z0-9-]+):\s*(.+?);", block[1]))


DARK = tokens(":root")
LIGHT = {**DARK, **tokens(':root[data-theme="light"]')}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of `#rrggbb`."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(theme: dict[str, str], front: str, back: str, least: float) -> None:
    """Each pair of colours that meets on a page has the contrast of level AA."""
    bright, dim = sorted((luminance(theme[front]), luminance(theme[back])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= least


def test_the_two_ways_to_be_light_are_the_same() -> None:
    """The system's preference and `data-theme` give the same colours."""
    assert tokens(':root:not([data-theme="dark"])') == tokens(':root[data-theme="light"]')


def test_nothing_is_loaded_from_the_style_sheet() -> None:
    """No import, no font, no picture: the policy would refuse it anyway."""
    assert not re.search(r"@import|@font-face|url\(", CSS)


def test_focus_is_visible() -> None:
    """There is a rule for the focus, and none takes the outline away."""
    assert ":focus-visible" in CSS
    assert not re.search(r"outline:\s*(none|0)", CSS)
