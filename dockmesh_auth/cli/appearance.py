"""How the command's help looks: one place for all sub-commands."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["SETTINGS"]

SETTINGS: Final[dict[str, Any]] = {
    "help_option_names": ["-h", "--help"],
    "rich_help_config": {
        # Lines of examples begin with four blanks and keep their layout; paragraphs stay apart.
        "text_paragraph_linebreaks": "\n\n",
        "padding_helptext_first_line": (0, 0, 1, 0),
        "padding_helptext": (0, 1, 1, 1),
        # Long lines are hard to read, however wide the terminal is.
        "max_width": 100,
        "style_helptext": "",
        "command_groups": {
            # In the order in which somebody new needs them.
            "dockmesh-auth": [
                {
                    "name": "Commands",
                    "commands": ["demo", "config", "serve", "plugins", "plugin", "completion"],
                }
            ],
            "dockmesh-auth config": [{"name": "Commands", "commands": ["validate", "schema"]}],
            "dockmesh-auth plugin": [{"name": "Commands", "commands": ["new", "verify"]}],
        },
    },
}
"""Settings of the outermost command, which the others inherit."""
