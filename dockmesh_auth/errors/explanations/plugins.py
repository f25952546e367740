"""What a plugin's author must mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockmesh_auth.errors.codes import ErrorCode as C
from dockmesh_auth.errors.explanations.explanation import Explanation

__all__ = ["PLUGINS"]

PLUGINS: Final[Mapping[C, Explanation]] = {
    C.PLUGIN_IMPORT_FAILED: Explanation(
        "The plugin cannot be imported.",
        "Plugin's author: mend the import. Operator: install what it lacks, or update it.",
    ),
    C.PLUGIN_CONTRACT_VERSION: Explanation(
        "The plugin was written for another version of the hook contract.",
        "Install a version of the plugin that fits this host.",
    ),
    C.PLUGIN_BAD_DESCRIPTION: Explanation(
        "The plugin does not describe itself as the contract asks.",
        "Plugin's author: return a PluginDescription from dockmesh_auth_describe.",
    ),
    C.PLUGIN_BAD_HOOK: Explanation(
        "The plugin implements a hook that does not exist or may not be implemented so.",
        "Plugin's author: compare name, arguments and options with hookspecs.py.",
    ),
    C.PLUGIN_RAISED: Explanation(
        "A hook of the plugin raised an unexpected exception.",
        "Plugin's author: mend it; only errors of dockmesh_auth.errors may leave a hook.",
    ),
    C.PLUGIN_WRONG_TYPE: Explanation(
        "A hook of the plugin answered with a value of the wrong type.",
        "Plugin's author: return the type of the hook's signature, or None.",
    ),
    C.PLUGIN_DEADLINE: Explanation(
        "A hook of the plugin did not answer in time.",
        "Plugin's author: never block; use the fetch argument for input and output.",
    ),
    C.PLUGIN_BAD_REQUEST: Explanation(
        "A plugin asked for a request that must not be sent.",
        "Plugin's author: mend the method, the headers or the use of the access token.",
    ),
    C.PLUGIN_UNMAPPED_GRANT: Explanation(
        "The plugin granted something that no row of the group mappings gives.",
        "Plugin's author: take grants from the provider's mappings only.",
    ),
    C.PLUGIN_FOREIGN_IDENTITY: Explanation(
        "The plugin answered for another issuer or subject than the verified token's.",
        "Plugin's author: return the claims that the verifier gave.",
    ),
    C.PLUGIN_UNDER_TEST: Explanation(
        "What the plugin offers to the contract kit cannot be used.",
        "Plugin's author: mend the function that dockmesh_auth.under_test names.",
    ),
}
