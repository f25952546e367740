"""Why somebody who is known does not get in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockmesh_auth.errors.codes import ErrorCode as C
from dockmesh_auth.errors.explanations.explanation import Explanation

__all__ = ["ACCESS"]

ACCESS: Final[Mapping[C, Explanation]] = {
    C.GROUPS_ABSENT: Explanation(
        "The provider did not say which groups the person is in.",
        "Compare `scopes` and `groups_claim` with what is sent; a provider must send the "
        "claim also when it is empty.",
    ),
    C.GROUPS_MALFORMED: Explanation(
        "The groups claim is not a list of names.",
        "Provider's administrator: let the mapping return a list of strings.",
    ),
    C.GROUPS_OVERAGE: Explanation(
        "The person is in more groups than the provider sends.",
        "Send only the groups that are mapped, or use a plugin that fetches the rest.",
    ),
    C.NO_ROLE: Explanation(
        "None of the person's groups is mapped to a role.",
        "Add the person to a mapped group, or add a row to `group_mappings`.",
    ),
    C.USER_DISABLED: Explanation(
        "The person's account is disabled here.",
        "Ask a dockmesh administrator to enable it.",
    ),
    C.PLUGIN_DENIED: Explanation(
        "The provider's plugin does not let this person in.",
        "See the reason in the message.",
    ),
}
