"""What Authentik does differently from standard OpenID Connect. Everything else is the built-in's.

Two things, both decided on the validated claims:

- Authentik's access tokens have the same key, header, issuer, audience and nonce as its ID tokens.
  They are told apart by `azp` and `uid`, which ID tokens never have both.
- An administrator of Authentik can change what `sub` is made of. Every person would then come back
  as somebody new, and by name or address perhaps as somebody else. The configured `subject_mode`
  says which form is right, and another form is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.provider import ClientAuthentication, Provider
from dockmesh_auth.errors import ErrorCode, TokenRejected
from dockmesh_auth.hookspecs import OptionType, PluginDescription, PluginOption, hookimpl

_HASH: Final = "[0-9a-f]{64}"
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

SUBJECT_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "hashed_user_id": re.compile(_HASH),
    "user_id": re.compile("[1-9][0-9]{0,18}"),
    "user_uuid": re.compile(_UUID),
    # Names are free text: only what can hardly be a name is refused.
    "user_username": re.compile(f"(?!(?:{_HASH}|{_UUID})$).+"),
    "user_email": re.compile(r"[^@\s]+@[^@\s]+"),
    # Whoever has no attribute `upn` gets the hash, so any text can be right.
    "user_upn": re.compile(".+"),
}
"""The form of `sub` under each of Authentik's subject modes; held against the whole text."""

_SUBJECT_CLAIM: Final[Mapping[str, str]] = {
    "user_username": "preferred_username",
    "user_email": "email",
}
"""The claim that the default scope mappings fill with the same value."""

_DEFAULT_MODE: Final = "hashed_user_id"

_ONLY_IN_ACCESS_TOKENS: Final = frozenset({"azp", "uid"})


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    """Authentik: groups come with the scope `profile`; the secret goes into the body."""
    return PluginDescription(
        name="authentik",
        display_name="Authentik",
        contract_version=1,
        scopes=("openid", "profile", "email"),
        groups_claim="groups",
        # Releases before 2026.2.2 take a percent-encoded Basic header (RFC 6749, section 2.3.1)
        # for a wrong secret; the body has no such trouble in any release.
        client_authentication=ClientAuthentication.CLIENT_SECRET_POST,
        options=(
            PluginOption(
                name="subject_mode",
                type=OptionType.CHOICE,
                choices=tuple(SUBJECT_FORMS),
                default=_DEFAULT_MODE,
                description="The subject mode that is set at the provider in Authentik; names and"
                " addresses can change hands and take their roles along.",
            ),
        ),
    )


@hookimpl
def dockmesh_auth_extract_claims(provider: Provider, claims: Claims) -> None:
    """Refuse access tokens and subjects of another form; the built-in reads names and groups.

    Raises:
        TokenRejected: `TOKEN_KIND_WRONG` or `SUBJECT_UNEXPECTED`.
    """
    if claims.keys() >= _ONLY_IN_ACCESS_TOKENS:
        raise TokenRejected(
            ErrorCode.TOKEN_KIND_WRONG,
            "the token is an access token of Authentik: it has both azp and uid",
        )
    mode = str(provider.options.get("subject_mode", _DEFAULT_MODE))
    if SUBJECT_FORMS[mode].fullmatch(claims.subject) is None:
        problem = f"does not look like subject mode {mode}, but like {_looks_like(claims)}"
    elif _is_another_name(mode, claims):
        problem = f"is not the claim {_SUBJECT_CLAIM[mode]}, as in subject mode {mode}"
    else:
        return
    raise TokenRejected(
        ErrorCode.SUBJECT_UNEXPECTED, f"the subject {problem}", evidence={"subject_mode": mode}
    )


def _is_another_name(mode: str, claims: Claims) -> bool:
    """Whether the subject is of another mode, as the claims beside it show.

    A user name can look like an address or a number. Where the token says both name and address,
    a subject that is not the right one, but is the other or a number, gives the mode away. Claims
    that are not there, or say neither, prove nothing.
    """
    if mode not in _SUBJECT_CLAIM:
        return False
    right = claims.text(_SUBJECT_CLAIM[mode])
    if right is None or right == claims.subject:
        return False
    others = {claims.text(name) for name in _SUBJECT_CLAIM.values()}
    return (
        claims.subject in others or SUBJECT_FORMS["user_id"].fullmatch(claims.subject) is not None
    )


def _looks_like(claims: Claims) -> str:
    # The unmistakable forms first; a text that has none of them is some kind of name.
    for mode in ("hashed_user_id", "user_uuid", "user_id", "user_email"):
        if SUBJECT_FORMS[mode].fullmatch(claims.subject):
            return mode
    return "user_username or user_upn"
