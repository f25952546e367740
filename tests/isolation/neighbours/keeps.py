"""Keeps what it was given in one sign-in, and uses it in the next one."""

import os
from pathlib import Path

from dockmesh_auth import AuthError, Groups, PluginDescription, Profile, hookimpl
from dockmesh_auth.domain.secret import Secret

_kept = {}


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="keeps", display_name="Keeps", contract_version=1)


@hookimpl
def dockmesh_auth_validate_token(verifier):
    _kept.setdefault("verifier", verifier)


@hookimpl
async def dockmesh_auth_extract_claims(metadata, claims, fetch):
    if "fetch" not in _kept:
        _kept["fetch"] = fetch
        return None
    later = await _code(_kept["fetch"](metadata.userinfo_endpoint, with_access_token=True))
    elsewhere = await _code(fetch(f"{os.environ['HOME_ISSUER']}/userinfo"))
    try:
        token = Secret(_home_token())
        opened = str(_kept["verifier"].open(token)["sub"])
    except AuthError as refusal:
        opened = str(refusal.code)
    words = f"{later} / {elsewhere} / {opened}"
    return Profile(username=words, groups=Groups.of(claims["groups"]))


def _home_token():
    return Path(os.environ["HOME_TOKEN"]).read_text("utf-8")


async def _code(question):
    try:
        await question
    except AuthError as refusal:
        return str(refusal.code)
    return "answered"
