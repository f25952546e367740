"""Errors in the words of RFC 6749, section 5.2, which several endpoints answer with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.strict_json import Json
from dockmesh_auth.oidc.client_authentication import without_client_secret
from dockmesh_auth.oidc.evidence import shown_without_secrets

__all__ = ["OAuthError", "parse_oauth_error"]

_NAME: Final = re.compile("[A-Za-z0-9_.-]{1,64}")
# The names of the specification, then those that some providers have instead.
_ABOUT_THE_CLIENT: Final = frozenset(
    {
        "invalid_client",
        "unauthorized_client",
        "incorrect_client_credentials",
        "redirect_uri_mismatch",
    }
)
_ABOUT_THE_CODE: Final = frozenset({"invalid_grant", "bad_verification_code"})


@frozen(kw_only=True)
class OAuthError:
    """What a provider says went wrong, fit for a log.

    Attributes:
        name: The error's name; `other` if what was sent cannot be one.
        evidence: The name, and the description if there is one.
    """

    name: str
    evidence: Mapping[str, str] = field(repr=False)

    @property
    def is_about_the_client(self) -> bool:
        """Whether it is the client as it is registered that is not accepted."""
        return self.name in _ABOUT_THE_CLIENT

    @property
    def is_about_the_code(self) -> bool:
        """Whether it is the authorization code that is not accepted; another one may be."""
        return self.name in _ABOUT_THE_CODE


def parse_oauth_error(members: Mapping[str, Json], provider: Provider) -> OAuthError | None:
    """The error in an answer's *members*; None if there is none.

    A member `error` is one whatever it holds: what says that it failed did not succeed.
    """
    error = members.get("error")
    if error is None:
        return None
    name = error if isinstance(error, str) and _NAME.fullmatch(error) else "other"
    evidence = {"error": name}
    description = members.get("error_description")
    if isinstance(description, str) and description:
        told = without_client_secret(description, provider)
        evidence["error_description"] = shown_without_secrets(told)
    return OAuthError(name=name, evidence=evidence)
