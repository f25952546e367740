"""Who it is: what must hold of `validate_token`, and of `fetch_user` where there is no ID token."""

from __future__ import annotations

from functools import cache, partial
from typing import Final

from attrs import evolve

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.errors import AuthError, TokenRejected
from dockmesh_auth.testing.contract.bad_tokens import BAD_TOKENS, BadToken
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import (
    NotApplicable,
    Part,
    Registry,
    broken,
)
from dockmesh_auth.testing.contract.people import another
from dockmesh_auth.testing.contract.places import PERSON
from dockmesh_auth.testing.fake_provider import FakeUser
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.minting import SigningKey, standard_claims

__all__ = ["VALIDATION"]

VALIDATION: Final = Registry(Part.VALIDATION)

_HOOK: Final = "dockmesh_auth_validate_token"


# --- bad tokens --------------------------------------------------------------------------------


async def _is_refused(bad: BadToken, bench: Bench) -> None:
    if not bench.provider.id_token:
        await _changes_nothing(bad, bench)
        return
    bench.fake.edits.id_token = lambda draft: bad.spoil(draft, bench.fake)
    outcome = await bench.outcome()
    if not isinstance(outcome, AuthError):
        broken(f"an ID token {bad.what} signed somebody in")
    # The host opens the token itself, whatever the plugin says. The plugin is not excused by it.
    if isinstance(bench.recorder.answers.get(_HOOK), Claims) and not _is_refused_later(outcome):
        broken(
            f"the plugin vouched for an ID token {bad.what}; only the host's own look stopped it"
        )
    if not isinstance(outcome, TokenRejected):
        broken(f"an ID token {bad.what} ended in {outcome.code}, which does not tell the cause")


def _is_refused_later(outcome: AuthError) -> bool:
    """Whether the plugin itself refused the token, one stage later."""
    return isinstance(outcome, TokenRejected) and outcome.hook == "dockmesh_auth_extract_claims"


async def _changes_nothing(bad: BadToken, bench: Bench) -> None:
    """Where no ID token is expected, one that is sent all the same is nobody's word."""
    expected = (await bench.sign_in()).identity
    claims = standard_claims(
        issuer=bench.provider.issuer,
        client_id="dockmesh",
        subject="somebody-else",
        nonce="any",
        now=bench.clock.now(),
    )
    draft = TokenDraft(claims=claims, key=bench.fake.key_for(bench.fake.clients[0]))
    token = bad.spoil(draft, bench.fake) or draft.sign()
    bench.fake.edits.token_answer = lambda answer: answer | {"id_token": token}
    outcome = await bench.outcome()
    if not isinstance(outcome, AuthError) and outcome.identity != expected:
        broken(f"an ID token {bad.what} changed who it is, though the provider sends none")


for _bad in BAD_TOKENS.values():
    VALIDATION.put(
        _bad.name,
        partial(_is_refused, _bad),
        law=f"An ID token {_bad.what} is refused, or where none is expected says nothing.",
        why=_bad.why,
        where=_bad.where,
    )


# --- good ones ---------------------------------------------------------------------------------


@VALIDATION.add(
    why="A plugin that lets nobody in is of no use, and all other checks would pass.",
    where=PERSON,
)
async def the_person_is_let_in(bench: Bench) -> None:
    """The person under test signs in."""
    outcome = await bench.outcome()
    if isinstance(outcome, AuthError):
        broken(f"the sign-in was refused: {outcome.code}, {outcome.detail}")


@VALIDATION.add(
    why="The identity is what grants hang on, for good.",
    where="OpenID Connect Core 1.0, section 5.7",
)
async def the_identity_is_the_providers(bench: Bench) -> None:
    """A person is named by an issuer of this provider."""
    identity = (await bench.sign_in()).identity
    if not bench.provider.vouches_as(identity.issuer):
        broken("the identity's issuer is none of this provider's")


@VALIDATION.add(
    why="Names and addresses change hands; whoever gets an old one would get its roles.",
    where="OpenID Connect Core 1.0, section 5.7",
)
async def a_new_name_is_the_same_person(bench: Bench) -> None:
    """Another user name, full name and address do not make another person."""
    before = await _identity(bench, bench.person)
    renamed = evolve(
        bench.person, name="renamed", full_name="Re Named", email="renamed@example.test"
    )
    if await _identity(bench, renamed) != before:
        broken("the same account with another name and address became another person")


@VALIDATION.add(
    why="Somebody who takes over a name or an address would take over the account.",
    where="OpenID Connect Core 1.0, section 5.7",
)
async def the_same_name_is_another_person(bench: Bench) -> None:
    """Another account with the same user name, full name and address is another person."""
    before = await _identity(bench, bench.person)
    if await _identity(bench, another(bench)) == before:
        broken("another account with the same name and address was taken for the same person")


@VALIDATION.add(
    why="An identity of today that is another one tomorrow loses its grants, or finds others'.",
    where="OpenID Connect Core 1.0, section 2: sub is never reassigned",
)
async def the_identity_stays(bench: Bench) -> None:
    """Two sign-ins of one person, an hour apart, name the same person."""
    before = await _identity(bench, bench.person)
    bench.clock.advance(3600)
    if await _identity(bench, bench.person) != before:
        broken("the identity changed from one sign-in to the next")


@VALIDATION.add(
    why="Without a witness anybody could be anybody.",
    where="OpenID Connect Core 1.0, section 3.1.3.3",
)
async def no_id_token_no_entry(bench: Bench) -> None:
    """An answer without an ID token lets nobody in where the provider sends them."""
    if not bench.provider.id_token:
        raise NotApplicable("the provider sends no ID tokens")
    bench.fake.edits.token_answer = lambda answer: {
        name: value for name, value in answer.items() if name != "id_token"
    }
    outcome = await bench.outcome()
    if not isinstance(outcome, AuthError):
        broken("somebody signed in without an ID token")
    if isinstance(bench.recorder.answers.get(_HOOK), Claims):
        broken("the plugin vouched for somebody without an ID token; only the host stopped it")


@VALIDATION.add(
    why="After a change of keys nobody could sign in until a restart.",
    where="OpenID Connect Core 1.0, section 10.1.1",
)
async def keys_may_change(bench: Bench) -> None:
    """A new key of the provider is found when a token is signed with it."""
    if not bench.provider.id_token or bench.fake.signing_key is None:
        raise NotApplicable("the provider publishes no keys")
    await bench.sign_in()
    bench.clock.advance(3600)
    bench.fake.rotate(_second(bench.fake.signing_key.algorithm))
    outcome = await bench.outcome()
    if isinstance(outcome, AuthError):
        broken(f"a token of the provider's new key was refused: {outcome.code}")


async def _identity(bench: Bench, person: FakeUser) -> Identity:
    return (await bench.sign_in(person)).identity


@cache
def _second(algorithm: str) -> SigningKey:
    return SigningKey.generate(algorithm, "second")
