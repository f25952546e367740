"""How docstrings are read, and where the names of types and modules lead."""

from __future__ import annotations

import re
from enum import Enum

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

_SENTENCES = {"attribute", "data", "property"}
_CODE = re.compile(r"(?<![`:])`([^`]+)`(?![`_])")
_ALIAS = re.compile(r"TypeAliasForwardRef\('(\w+)'\)")
_before: dict[str, list[str]] = {}


def read_code_as_it_is(
    _app: Sphinx, what: str, name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Let single backticks mark code, as in Markdown: what is between them is not read.

    And remember the docstring of an attribute: napoleon, who comes next, reads what stands in front
    of its first colon as a type. Here it is a sentence.
    """
    lines[:] = [_CODE.sub(r"``\1``", line) for line in lines]
    if what in _SENTENCES:
        _before[name] = list(lines)


def read_sentences(
    app: Sphinx, what: str, name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Read the docstring of an attribute as that of a function: text, then sections."""
    if what in _SENTENCES:
        lines[:] = GoogleDocstring(_before.pop(name), app.config, app, "function", name).lines()


def show_members(
    _app: Sphinx, _what: str, _name: str, value: object, skip: object, _options: object
) -> bool | None:
    """The members of an enumeration are shown although they have no docstrings."""
    return False if skip and isinstance(value, Enum) else None


def shorten_signature(
    _app: Sphinx,
    _what: str,
    _name: str,
    _value: object,
    _options: object,
    signature: str | None,
    answer: str | None,
) -> tuple[str | None, str | None]:
    """Show aliases by their names, and a default that is made anew each time by three dots."""

    def shown(text: str | None) -> str | None:
        return text and _ALIAS.sub(r"\1", text).replace("NOTHING", "...")

    return shown(signature), shown(answer)


def resolve_by_last_name(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """Find a type of which a signature gives the last name only, or the private module it is in.

    It is what is documented under that last name, if one thing is.
    """
    if node.get("refdomain") != "py" or node.get("reftype") not in {"class", "obj"}:
        return None
    last = node["reftarget"].rpartition(".")[2]
    found = {
        (entry.docname, entry.node_id)
        for name, entry in env.domains.python_domain.objects.items()
        if name.rpartition(".")[2] == last and entry.objtype in {"class", "data", "exception"}
    }
    if len(found) != 1:
        return None
    docname, node_id = found.pop()
    return make_refnode(app.builder, node["refdoc"], docname, node_id, content)


class ModulesForFiles(SphinxPostTransform):
    """A link to a Python file leads to what the site says of the module, if it says anything."""

    default_priority = 5

    def run(self, **_: object) -> None:
        """Replace the links of one page."""
        modules = self.env.domains.python_domain.modules
        for link in list(self.document.findall(addnodes.download_reference)):
            path = link["reftarget"].lstrip("./").removesuffix(".py")
            if module := modules.get(path.replace("/", ".")):
                text = [child.deepcopy() for child in link.children]
                here = self.env.docname
                place = (module.docname, module.node_id)
                link.replace_self(make_refnode(self.app.builder, here, *place, text))


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    napoleon = 500
    app.connect("autodoc-process-docstring", read_code_as_it_is, priority=napoleon - 1)
    app.connect("autodoc-process-docstring", read_sentences, priority=napoleon + 1)
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("autodoc-skip-member", show_members)
    app.connect("missing-reference", resolve_by_last_name)
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # as the docstrings call them
    app.add_post_transform(ModulesForFiles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
