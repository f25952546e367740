"""Each bad token is what its name says: not the good one, and bad in one thing."""

from __future__ import annotations

import base64
import json

import pytest

from dockmesh_auth.testing.contract.bad_tokens import BAD_TOKENS, BadToken
from dockmesh_auth.testing.contract.bad_tokens.claims import BAD_CLAIMS
from dockmesh_auth.testing.contract.bad_tokens.forms import BAD_FORMS
from dockmesh_auth.testing.fake_provider import FakeClient, FakeProvider
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.minting import SigningKey, standard_claims

CLIENT = FakeClient(client_id="dockmesh", client_secret="s" * 40, redirect_uris=())
KEYS = {name: SigningKey.generate(name, "good") for name in ("RS256", "ES256", "EdDSA")}


def draft_of(key: SigningKey, provider: FakeProvider) -> TokenDraft:
    """A good token that is about to be signed."""
    claims = standard_claims(
        issuer="https://idp.example",
        client_id="dockmesh",
        subject="ada",
        nonce="n",
        now=provider.clock.now(),
    )
    return TokenDraft(claims=claims, key=key)


def provider_with(key: SigningKey) -> FakeProvider:
    return FakeProvider(users=[], clients=[CLIENT], signing_key=key)


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("bad", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_it_can_be_made_of_any_good_token(bad: BadToken, algorithm: str) -> None:
    """Whatever the provider signs with."""
    provider = provider_with(KEYS[algorithm])
    draft = draft_of(KEYS[algorithm], provider)

    token = bad.spoil(draft, provider) or draft.sign()

    assert isinstance(token, str)
    assert token


@pytest.mark.parametrize("bad", BAD_CLAIMS, ids=[bad.name for bad in BAD_CLAIMS])
def test_bad_claims_are_signed_well(bad: BadToken) -> None:
    """Only claims differ from those of the good one: nothing else makes the token refused."""
    provider = provider_with(KEYS["RS256"])
    good, spoilt = draft_of(KEYS["RS256"], provider), draft_of(KEYS["RS256"], provider)

    assert bad.spoil(spoilt, provider) is None

    assert spoilt.claims != good.claims
    assert (spoilt.key, spoilt.header, spoilt.signature, spoilt.payload) == (
        good.key,
        {},
        None,
        None,
    )


@pytest.mark.parametrize("bad", BAD_FORMS, ids=[bad.name for bad in BAD_FORMS])
def test_bad_forms_leave_the_claims(bad: BadToken) -> None:
    """Those of the draft, that is: what is sent may say something else on purpose."""
    provider = provider_with(KEYS["RS256"])
    good, spoilt = draft_of(KEYS["RS256"], provider), draft_of(KEYS["RS256"], provider)

    token = bad.spoil(spoilt, provider)

    assert spoilt.claims == good.claims
    assert (token or spoilt.sign()) != good.sign()


def test_another_payload_keeps_the_signature() -> None:
    """Of the good token, under other claims."""
    provider = provider_with(KEYS["RS256"])
    draft = draft_of(KEYS["RS256"], provider)

    token = BAD_TOKENS["another-payload"].spoil(draft, provider)

    assert token is not None
    _, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["sub"] == "somebody-else"
    assert signature == draft.sign().split(".")[2]
