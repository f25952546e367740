"""What the operator must mend: configuration, installation, database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockmesh_auth.errors.codes import ErrorCode as C
from dockmesh_auth.errors.explanations.explanation import Explanation

__all__ = ["OPERATOR"]

OPERATOR: Final[Mapping[C, Explanation]] = {
    C.CONFIG_FILE_UNREADABLE: Explanation(
        "The configuration file cannot be read.",
        "Check the path, that it is a file, and that this user may read it.",
    ),
    C.CONFIG_SYNTAX: Explanation(
        "The configuration file is not valid YAML.",
        "Look at this line and the one above: a tab, indentation, a colon without a space, an "
        "open quote or bracket.",
    ),
    C.CONFIG_UNKNOWN_KEY: Explanation(
        "The configuration has a key that means nothing.",
        "Correct the spelling or remove the key; `dockmesh-auth config schema` lists all keys.",
    ),
    C.CONFIG_MISSING_KEY: Explanation(
        "The configuration lacks a required key.",
        "Add the key that is named.",
    ),
    C.CONFIG_WRONG_TYPE: Explanation(
        "A value in the configuration has the wrong type.",
        "Write the type that is named; yes, no, on and off are text: write true or false.",
    ),
    C.CONFIG_INVALID_VALUE: Explanation(
        "A value in the configuration is not allowed.",
        "Write a value that the message allows.",
    ),
    C.CONFIG_DUPLICATE: Explanation(
        "Two entries of the configuration claim the same thing.",
        "Remove or rename one of the two places that are named.",
    ),
    C.CONFIG_SECRET_UNAVAILABLE: Explanation(
        "A secret that the configuration refers to cannot be had.",
        "Set the variable where this command runs, or put the secret alone into the file, as "
        "UTF-8 for this user only.",
    ),
    C.PLUGIN_NOT_INSTALLED: Explanation(
        "A provider names a plugin that is not installed.",
        "Install the plugin's distribution with pip, or correct the name.",
    ),
    C.PLUGIN_AMBIGUOUS: Explanation(
        "Two installed distributions claim the same plugin name.",
        "Uninstall one of the two distributions that are named.",
    ),
    C.PLUGIN_QUARANTINED: Explanation(
        "A provider needs a plugin that is in quarantine.",
        "See the plugin's own reason in `dockmesh-auth plugins --all`, and mend or update it.",
    ),
    C.ADDRESS_UNAVAILABLE: Explanation(
        "The address or port to listen on cannot be had.",
        "Stop what listens there, or choose another with `--host` and `--port`.",
    ),
    C.STORE_UNAVAILABLE: Explanation(
        "The database cannot be used at the moment.",
        "Check that `database.dsn` is right and that the database runs, has space and is not "
        "locked; nothing was half-written.",
    ),
    C.STORE_SCHEMA: Explanation(
        "The database was made by another version of dockmesh_auth.",
        "Start the version that made it, or let this version migrate it.",
    ),
}
