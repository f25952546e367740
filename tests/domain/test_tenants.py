"""Many issuers behind one document: whose people a provider may vouch for."""

from __future__ import annotations

import pytest
from attrs.exceptions import FrozenInstanceError

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.tenants import Tenants

TENANTS = Tenants(
    document_issuer="https://id.example/{tenant}/v2",
    claim="tid",
    issuers={"https://id.example/acme/v2": "acme", "https://id.example/globex/v2": "globex"},
)
SHARED = Provider(
    slug="s",
    display_name="S",
    issuer="https://id.example/common/v2",
    client_id="c",
    tenants=TENANTS,
)
ALONE = Provider(slug="a", display_name="A", issuer="https://id.example/acme/v2", client_id="c")


def test_without_a_tenant_there_is_no_provider_of_tenants() -> None:
    """An empty list is never understood as everybody."""
    with pytest.raises(ValueError, match="nobody could sign in"):
        Tenants(document_issuer="x", claim="tid", issuers={})


def test_the_list_cannot_be_changed_afterwards() -> None:
    """Neither through the value nor through what it was made of."""
    written = {"https://id.example/acme/v2": "acme"}
    tenants = Tenants(document_issuer="x", claim="tid", issuers=written)
    written["https://id.example/evil/v2"] = "evil"
    assert dict(tenants.issuers) == {"https://id.example/acme/v2": "acme"}
    with pytest.raises(TypeError):
        tenants.issuers["https://id.example/evil/v2"] = "evil"  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        tenants.claim = "sub"  # type: ignore[misc]


def test_the_document_names_the_issuer_or_the_template_of_it() -> None:
    """With tenants it is the template; the configured issuer is nobody's own."""
    assert ALONE.document_issuer == "https://id.example/acme/v2"
    assert SHARED.document_issuer == "https://id.example/{tenant}/v2"


@pytest.mark.attack("JWK-22", "ACC-06")
@pytest.mark.parametrize(
    ("issuer", "shared", "alone"),
    [
        ("https://id.example/acme/v2", True, True),
        ("https://id.example/globex/v2", True, False),
        ("https://id.example/other/v2", False, False),
        ("https://id.example/common/v2", False, False),
        ("https://id.example/{tenant}/v2", False, False),
        ("https://id.example/ACME/v2", False, False),
        ("https://id.example/acme/v2/", False, False),
        ("", False, False),
    ],
)
def test_a_provider_vouches_for_the_issuers_that_are_listed(
    issuer: str, *, shared: bool, alone: bool
) -> None:
    """Character by character: neither the shared address nor the template is anybody's issuer."""
    assert SHARED.vouches_as(issuer) is shared
    assert ALONE.vouches_as(issuer) is alone


def test_people_are_known_by_the_subject_of_an_id_token_unless_a_plugin_says_otherwise() -> None:
    """The defaults are the standard's."""
    assert (ALONE.subject_claim, ALONE.id_token, ALONE.tenants) == ("sub", True, None)
