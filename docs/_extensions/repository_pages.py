"""Pages that read well in two places: on a repository's page, and here.

What stands between `<!-- site` and `-->` is shown by the site only. It is Markdown with the
directives of MyST and Sphinx, which elsewhere would be shown as code.

What is taken from docstrings is asked for in one line, so that a new module or name needs no
change of a page:

- `<!-- site: names of PACKAGE -->`: a table of what the package exports;
- `<!-- site: modules of PACKAGE -->`: every public module of the package, or the one module;
- `<!-- site: exports of PACKAGE -->`: what `dockmesh_auth` itself exports from the inside of that
  package, which is private otherwise.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from sphinx.application import Sphinx

_SITE_ONLY = re.compile(r"^<!-- site\n(.*?)^-->$", re.DOTALL | re.MULTILINE)
_FROM_DOCSTRINGS = re.compile(
    r"^<!-- site: (names|modules|exports) of ([a-z_.]+) -->$", re.MULTILINE
)


def show_what_is_for_the_site(_app: Sphinx, _docname: str, source: list[str]) -> None:
    """Take away the comments around what only the site shows."""
    text = _SITE_ONLY.sub(lambda found: found[1], source[0])
    source[0] = _FROM_DOCSTRINGS.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    module = import_module(found[2])
    match found[1]:
        case "names":
            parts = [_table(module)]
        case "modules":
            parts = [_section(name) for name in public_modules(module)]
        case _:
            parts = [_export(name) for name in exports_from(module)]
    return "\n".join(parts)


def public_modules(module: ModuleType) -> Iterator[str]:
    """The names of *module* and those below it that say in `__all__` what they offer.

    What lies below a package that offers something itself is shown as far as the package does.
    """
    if hasattr(module, "__all__"):
        yield module.__name__
        return
    for below in _modules_below(module):
        yield from public_modules(below)


def _modules_below(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if not found.name.rpartition(".")[2].startswith("_"):
            yield import_module(found.name)


def exports_from(inner: ModuleType) -> Iterator[str]:
    """The names that the package at the top exports from the inside of *inner*."""
    face = import_module(inner.__name__.partition(".")[0])
    for name in face.__all__:
        home = str(getattr(getattr(face, name), "__module__", ""))
        if home.startswith(f"{inner.__name__}."):
            yield f"{face.__name__}.{name}"


def _table(face: ModuleType) -> str:
    names = (f"   ~{_home(face, name)}" for name in face.__all__)
    return _rst(".. autosummary::", "   :signatures: none", "", *names)


def _home(face: ModuleType, name: str) -> str:
    """Under which name the documentation of an exported name stands."""
    domain = import_module(f"{face.__name__}.domain")
    others = [import_module(f"{face.__name__}.{last}") for last in ("errors", "hookspecs")]
    for module in (*others, *_modules_below(domain)):
        if name in module.__all__:
            return f"{module.__name__}.{name}"
    return f"{face.__name__}.{name}"


def _section(name: str) -> str:
    shown = ", ".join(_shown_above(name))
    text = _rst(f".. automodule:: {name}", "   :members:", f"   :exclude-members: {shown}")
    return f"## `{name}`\n\n{text}\n"


def _shown_above(name: str) -> list[str]:
    """The names of a module that the package around it documents as its own."""
    around = import_module(name.rpartition(".")[0])
    if "." not in around.__name__:  # the package at the top documents nothing itself
        return []
    offered = getattr(around, "__all__", ())
    return [member for member in import_module(name).__all__ if member in offered]


def _export(name: str) -> str:
    module, _, last = name.rpartition(".")
    if isinstance(getattr(import_module(module), last), type):
        return _rst(f".. autoclass:: {name}", "   :members:")
    return _rst(f".. autofunction:: {name}")


def _rst(*lines: str) -> str:
    return "\n".join(("```{eval-rst}", *lines, "```"))


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", show_what_is_for_the_site)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
