"""What every plugin must keep to, as a class of tests to subclass.

::

    class TestExample(PluginContract):
        plugin = dockmesh_auth_example.plugin

Every check runs the plugin as the host does: its own hooks, then the built-in. Override
`good_claims` if the provider's ID tokens hold more than the standard claims.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, ClassVar, Final

import pytest
from attrs import evolve

from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.grants import GroupMapping, MappingTable, Origin
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import AccessDenied, AuthError, TokenRejected
from dockmesh_auth.hookspecs import CONTRACT_VERSION
from dockmesh_auth.host.dispatch import Stages
from dockmesh_auth.host.registry import LoadedPlugin, load_module
from dockmesh_auth.oidc.jwks import KeySet, parse_jwks
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, mint, standard_claims

__all__ = ["BAD_TOKENS", "PluginContract"]

ISSUER: Final = "https://identity.example"
NOW: Final = 1_800_000_000
NONCE: Final = "the-nonce-of-this-attempt"
SUBJECT: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

BAD_TOKENS: Final[Mapping[str, Mapping[str, Any]]] = {
    "invalid-iss": {"iss": ISSUER + "1"},
    "missing-iss": {"iss": None},
    "missing-sub": {"sub": None},
    "empty-sub": {"sub": ""},
    "invalid-aud": {"aud": "dockmesh1"},
    "missing-aud": {"aud": None},
    "empty-aud": {"aud": []},
    "untrusted-aud": {"aud": ["dockmesh", "other"], "azp": "dockmesh"},
    "other-azp": {"azp": "other"},
    "missing-exp": {"exp": None},
    "expired": {"exp": NOW - 61},
    "missing-iat": {"iat": None},
    "issued-in-the-future": {"iat": NOW + 61},
    "not-yet-valid": {"nbf": NOW + 61},
    "nonce-invalid": {"nonce": NONCE + "1"},
    "missing-nonce": {"nonce": None},
    "logout-token": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
}
"""Claims that make a token one that must be refused, by the name of the fault."""

GROUP_SHAPES: Final[tuple[Any, ...]] = (
    None,
    "",
    "admins",
    "not-admins",
    5,
    True,
    {},
    {"admins": True},
    [],
    [None],
    [1, 2],
    [["admins"]],
    ["admins", {"name": "admins"}],
    ["Admins", " admins", "admins\u200d"],
    [{"name": "admins"}],
)
"""Groups claims of all shapes; only `"admins"` is the mapped group, as one name."""


async def _no_network(url: str, **_: object) -> Answer:
    raise AssertionError(f"the plugin asked {url} although it knew enough")


class PluginContract:
    """Subclass it and set `plugin`."""

    plugin: ClassVar[ModuleType]

    # --- what is tried -----------------------------------------------------------------------

    def good_claims(self) -> dict[str, Any]:
        """The claims of an ID token that must be accepted."""
        return standard_claims(
            issuer=ISSUER, client_id="dockmesh", subject=SUBJECT, nonce=NONCE, now=NOW
        ) | {"name": "Alice", "preferred_username": "alice", self.groups_claim: ["admins"]}

    @property
    def groups_claim(self) -> str:
        """The claim that holds the groups."""
        return self.loaded.description.groups_claim or "groups"

    @property
    def loaded(self) -> LoadedPlugin:
        """The plugin as the host loads it."""
        return load_module(self.plugin, self.plugin.dockmesh_auth_describe().name)

    @pytest.fixture
    def stages(self) -> Stages:
        """The plugin's stages for a provider with two mapping rows."""
        return Stages(self._provider(), self.loaded)

    def _provider(self) -> Provider:
        description, roles = self.loaded.description, RoleCatalogue()
        return Provider(
            slug="contract",
            plugin=description.name,
            display_name=description.display_name,
            issuer=ISSUER,
            client_id="dockmesh",
            client_secret=Secret("s" * 64),
            client_authentication=description.client_authentication,
            scopes=description.scopes,
            groups_claim=ClaimPath(self.groups_claim),
            mappings=MappingTable(
                [
                    GroupMapping("admins", roles.named("admin"), Scope.all_hosts()),
                    GroupMapping("viewers", roles.named("viewer"), Scope.parse("tag=prod")),
                ]
            ),
            options={option.name: option.default for option in description.options},
        )

    def _validate(self, stages: Stages, token: str, keys: KeySet) -> Claims:
        verifier = SignatureVerifier(stages.provider, keys)
        tokens = TokenResponse(id_token=Secret(token), access_token=Secret("access"))
        return stages.validate_token(
            METADATA, verifier, tokens, Expectation(nonce=NONCE, now=float(NOW))
        )

    # --- the plugin as a whole ---------------------------------------------------------------

    def test_it_describes_itself(self) -> None:
        """Name, contract version and defaults are what the host can use."""
        description = self.loaded.description

        assert description.contract_version == CONTRACT_VERSION
        assert description.name.isprintable()
        assert len({option.name for option in description.options}) == len(description.options)

    def test_defaults_of_choices_are_choices(self) -> None:
        """A default that could not be written is a mistake."""
        for option in self.loaded.description.options:
            assert not option.choices or option.default in option.choices

    # --- token validation --------------------------------------------------------------------

    def test_a_good_token_is_accepted(self, stages: Stages) -> None:
        """And names the person that the token names."""
        claims = self._validate(stages, mint(self.good_claims(), KEY), KEYS)

        assert (claims.issuer, claims.subject) == (ISSUER, self.good_claims()["sub"])

    @pytest.mark.parametrize("fault", BAD_TOKENS)
    def test_a_token_with_a_bad_claim_is_refused(self, stages: Stages, fault: str) -> None:
        """Whoever validates, the built-in or the plugin (OpenID Connect Core 1.0, 3.1.3.7)."""
        changed = self.good_claims() | dict(BAD_TOKENS[fault])
        claims = {name: value for name, value in changed.items() if value is not None}

        with pytest.raises(TokenRejected):
            self._validate(stages, mint(claims, KEY), KEYS)

    @pytest.mark.parametrize("forgery", ["none", "other-key", "flipped", "hs256"])
    def test_a_token_without_a_good_signature_is_refused(
        self, stages: Stages, forgery: str
    ) -> None:
        """No plugin can vouch for it."""
        claims = self.good_claims()
        secret = SigningKey.from_secret("s" * 64)
        forged: Mapping[str, Callable[[], str]] = {
            "none": lambda: mint(claims, KEY, {"alg": "none"}, signature=b""),
            "other-key": lambda: mint(claims, evolve(OTHER_KEY, kid=KEY.kid)),
            "flipped": lambda: mint(claims, KEY, signature=b"\x00" * 256),
            "hs256": lambda: mint(claims, secret, {"kid": KEY.kid}),
        }

        with pytest.raises(TokenRejected):
            self._validate(stages, forged[forgery](), KEYS)

    # --- claim extraction and role resolution ------------------------------------------------

    @pytest.mark.parametrize("shape", GROUP_SHAPES, ids=json.dumps)
    def test_groups_of_any_shape_give_no_role_that_they_do_not_name(
        self, stages: Stages, shape: Any
    ) -> None:
        """An answer or a refusal; never a crash, never a role by accident."""
        members = self.good_claims() | {self.groups_claim: shape}
        claims = Claims(members, issuer=ISSUER, subject=members["sub"])
        try:
            profile = asyncio.run(stages.extract_claims(METADATA, claims, _no_network))
            grants = stages.resolve_roles(claims, profile)
        except AuthError as refusal:
            assert isinstance(refusal, AccessDenied | TokenRejected)  # noqa: PT017 - either will do
        else:
            assert [grant.claim_value for grant in grants] == (
                ["admins"] if shape == "admins" else []
            )

    def test_the_same_input_gives_the_same_grants(self, stages: Stages) -> None:
        """Role resolution is pure, and gives what the rows give."""
        members = self.good_claims()
        claims = Claims(members, issuer=ISSUER, subject=members["sub"])
        profile = asyncio.run(stages.extract_claims(METADATA, claims, _no_network))

        once, again = (stages.resolve_roles(claims, profile) for _ in range(2))

        assert once == again
        assert [(str(grant), grant.origin) for grant in once] == [("admin on all", Origin.MAPPING)]
        assert members == self.good_claims()


METADATA: Final = ProviderMetadata(
    issuer=ISSUER,
    authorization_endpoint=f"{ISSUER}/authorize",
    token_endpoint=f"{ISSUER}/token",
    jwks_uri=f"{ISSUER}/jwks",
)
KEY: Final = SigningKey.generate("RS256", "contract-key")
OTHER_KEY: Final = SigningKey.generate("RS256", "another-key")
KEYS: Final = parse_jwks(json.dumps({"keys": [KEY.public_jwk()]}).encode())
