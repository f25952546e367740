"""The relying-party tests of the OpenID Foundation's suite, by module name, on our side of them.

The suite watches what a relying party asks; here the relying party's own word is asserted: it
signed somebody in, or it refused with this code. Everything runs over real sockets, with
`response_mode` query and form_post alike.
"""

from __future__ import annotations

import base64
import csv
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import EncryptionKey, Shape
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.fake_provider.faults import edited
from dockmesh_auth.testing.minting import SigningKey

SUITE = "oidcc-client-test"
SUITE_SHAPE = Shape(issuer_path="/op/", groups_scope="profile")

BEFORE = {
    f"{SUITE}-rp-backchannel-": "back-channel logout is not offered by this release",
    f"{SUITE}-rp-init-logout": "logout at the provider is not offered by this release",
    f"{SUITE}-refresh-token": "refresh tokens are neither asked for nor used by this release",
}
"""Modules of features that there are not, by the beginning of their name, and why."""


def claim(name: str, change: Callable[[Any], Any]) -> Callable[[TokenDraft], None]:
    """Change one claim of the ID token; None removes it."""

    def edit(draft: TokenDraft) -> None:
        value = change(draft.claims.get(name))
        draft.claims.pop(name, None)
        if value is not None:
            draft.claims[name] = value

    return edit


def unsigned(draft: TokenDraft) -> None:
    """alg none with an empty signature."""
    draft.header.update(alg="none", kid=None)
    draft.signature = b""


def flipped(draft: TokenDraft) -> None:
    """Every octet of the signature is wrong; all else is right."""
    signature = draft.sign().rpartition(".")[2]
    octets = base64.urlsafe_b64decode(signature + "==")
    draft.signature = bytes(octet ^ 0x5A for octet in octets)


def nameless(draft: TokenDraft) -> None:
    """No `kid` in the header."""
    draft.header["kid"] = None


def suite_keys(site: Any) -> None:
    """The suite's key set: two RSA, two EC, one Ed25519, none with alg, and one for encryption."""
    keys = [SigningKey.generate(alg, kid) for alg, kid in (("ES256", "e1"), ("ES256", "e2"))]
    site.provider.more_keys = [*keys, SigningKey.generate("EdDSA", "o1"), _second_rsa()]
    encryption = EncryptionKey.generate().public_jwk()

    def without_alg(document: dict[str, Any]) -> dict[str, Any]:
        entries = [{n: v for n, v in key.items() if n != "alg"} for key in document["keys"]]
        return {"keys": [*entries, encryption]}

    site.provider.faults.always("jwks", edited(without_alg))


_RSA: list[SigningKey] = []


def _second_rsa() -> SigningKey:
    if not _RSA:
        _RSA.append(SigningKey.generate("RS256", "second"))
    return _RSA[0]


@attrs.frozen
class Case:
    """One module: what the provider does, and the code of the refusal; None for a sign-in."""

    edit: Callable[[TokenDraft], None] | None = None
    prepare: Callable[[Any], None] = suite_keys
    code: str | None = None
    algorithm: str | None = None
    more: str = ""


def userinfo_of_somebody_else(site: Any) -> None:
    suite_keys(site)
    site.provider.edits.userinfo = lambda answer: answer | {"sub": answer["sub"] + "invalid"}


def single_nameless_keys(site: Any) -> None:
    """One RSA key without a name, and keys of other kinds without names."""
    site.provider.more_keys = [
        SigningKey.generate("ES256", None),
        SigningKey.generate("EdDSA", None),
    ]
    encryption = EncryptionKey.generate().public_jwk()
    site.provider.faults.always(
        "jwks",
        edited(
            lambda document: {
                "keys": [
                    *(
                        {n: v for n, v in key.items() if n not in {"kid", "alg"}}
                        for key in document["keys"]
                    ),
                    encryption,
                ]
            }
        ),
    )


def several_nameless_keys(site: Any) -> None:
    single_nameless_keys(site)
    site.provider.more_keys = [_second_rsa()]


def other_issuer(site: Any) -> None:
    site.provider.faults.always(
        "discovery", edited(lambda document: document | {"issuer": document["issuer"] + "INVALID"})
    )


def rotates_before_signing(site: Any) -> None:
    site.provider.edits.before_signing = lambda: site.provider.rotate(_second_rsa())


CASES = {
    SUITE: Case(),
    f"{SUITE}-invalid-iss": Case(claim("iss", lambda it: it + "1"), code="issuer_mismatch"),
    f"{SUITE}-missing-sub": Case(claim("sub", lambda _: None), code="claim_missing"),
    f"{SUITE}-invalid-aud": Case(claim("aud", lambda it: it + "1"), code="audience_mismatch"),
    f"{SUITE}-missing-aud": Case(claim("aud", lambda _: None), code="claim_missing"),
    f"{SUITE}-missing-iat": Case(claim("iat", lambda _: None), code="claim_missing"),
    f"{SUITE}-kid-absent-single-jwks": Case(nameless, single_nameless_keys),
    # Both outcomes are permitted; the stricter one is ours (OpenID Connect Core 1.0, section 10.1).
    f"{SUITE}-kid-absent-multiple-jwks": Case(
        nameless, several_nameless_keys, code="key_ambiguous"
    ),
    f"{SUITE}-idtoken-sig-rs256": Case(),
    # Accepting is permitted to clients that registered for `none`; nobody can here.
    f"{SUITE}-idtoken-sig-none": Case(unsigned, code="algorithm_not_allowed"),
    f"{SUITE}-invalid-sig-rs256": Case(flipped, code="signature_invalid"),
    f"{SUITE}-invalid-sig-es256": Case(flipped, code="signature_invalid", algorithm="ES256"),
    f"{SUITE}-invalid-sig-hs256": Case(
        flipped,
        prepare=lambda site: setattr(site.provider, "signing_key", None),
        code="signature_invalid",
        more="id_token_algorithms: [HS256]",
    ),
    f"{SUITE}-userinfo-invalid-sub": Case(
        prepare=userinfo_of_somebody_else, code="userinfo_subject_mismatch", more="userinfo: always"
    ),
    f"{SUITE}-nonce-invalid": Case(claim("nonce", lambda it: it + "1"), code="nonce_mismatch"),
    f"{SUITE}-scope-userinfo-claims": Case(more="userinfo: always"),
    f"{SUITE}-client-secret-basic": Case(more="client_authentication: client_secret_basic"),
    f"{SUITE}-discovery-openid-config": Case(),
    f"{SUITE}-discovery-jwks-uri-keys": Case(),
    f"{SUITE}-discovery-issuer-mismatch": Case(
        prepare=other_issuer, code="discovery_issuer_mismatch"
    ),
    f"{SUITE}-signing-key-rotation-just-before-signing": Case(prepare=rotates_before_signing),
    f"{SUITE}-signing-key-rotation": Case(),
    f"{SUITE}-userinfo-bearer-header": Case(more="userinfo: always"),
    f"{SUITE}-form-post-error": Case(code="provider_refused"),
}


@pytest.mark.parametrize("response_mode", ["query", "form_post"])
@pytest.mark.parametrize("module", CASES)
def test_module(make_site, refusal_code, module: str, response_mode: str) -> None:
    """What the relying party must do in this module, it does."""
    case = CASES[module]
    shape = SUITE_SHAPE
    if "jwks-uri-keys" in module:
        shape = shape.but(paths=attrs.evolve(shape.paths, jwks="/keys-7f3a"))
    site = make_site(shape=shape, more=f"response_mode: {response_mode}\n{case.more}")
    if case.algorithm:
        site.provider.signing_key = SigningKey.generate(case.algorithm, "first")
    case.prepare(site)
    site.provider.edits.id_token = case.edit
    if module.endswith("form-post-error"):
        site.provider.edits.authorization_response = lambda items: [
            ("error", "login_required"),
            ("error_description", "nobody is signed in"),
            *(item for item in items if item[0] == "state"),
        ]

    outcome = _sign_in(site, response_mode)

    if case.code is None:
        assert (outcome, site.provider.count("token")) == (200, 1), refusal_code()
    else:
        assert outcome >= 400
        assert refusal_code() == case.code
    if module.endswith("issuer-mismatch"):
        assert site.provider.count("authorization") == 0
    if case.more == "userinfo: always" and case.code is None:
        asked = [it for it in site.provider.requests if it.endpoint == "userinfo"]
        assert [request.headers["authorization"].split()[0] for request in asked] == ["Bearer"]
    if module.endswith("key-rotation"):
        site.provider.more_keys = []
        site.provider.rotate(SigningKey.generate("RS256", "third"))
        assert _sign_in(site, response_mode) == 200
        assert site.provider.count("jwks") == 2


def _sign_in(site: Any, response_mode: str) -> int:
    browser = Browser()
    page = browser.get(f"{site.base_url}/auth/oidc/main/login")
    if page.url.startswith(site.provider.issuer.removesuffix("/op/")):
        page = browser.click("alice")
    if response_mode == "form_post" and page.forms and not page.url.startswith(site.base_url):
        page = browser.submit()
    return page.status


def test_every_module_that_applies_has_a_case_or_a_reason(shared) -> None:
    """The table of modules is the list; nothing is left out in silence."""
    with (shared / "conformance" / "rp-tests.csv").open(newline="") as file:
        applying = {
            row["module"]
            for row in csv.DictReader(file)
            if row["applies_to_confidential_code_pkce_basic_post_discovery"].startswith("yes")
        }
    not_offered = {name for name in applying if any(name.startswith(start) for start in BEFORE)}

    assert applying - not_offered == set(CASES)
    assert len(not_offered) == 14
