"""People sign in at a provider that we did not write, through our pages, over real sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from joserfc.jwk import RSAKey
from structlog.testing import capture_logs

OK = 200
LOGIN = "Login with Foreign"


def _sign_in(person: Any, url: str) -> Any:
    person.browser.get(f"{url}/")
    person.browser.click(LOGIN)
    return person.sign_in()


def _check_is_alice(person: Any, url: str) -> None:
    """She is on the page that she wanted, and has what her two groups give."""
    page = person.browser.page
    assert (page.status, page.url) == (OK, f"{url}/")
    assert page.title.startswith("Alice Liddell")
    me = json.loads(person.browser.get(f"{url}/api/v1/me").text)
    assert me["username"] == "alice"
    grants = {(grant["role"], grant["scope"]) for grant in me["grants"]}
    assert grants == {("admin", "all"), ("viewer", "tag=prod")}


def _paths(foreign: Any, path: str) -> list[dict[str, str]]:
    return [request for request in foreign.requests() if request["path"] == path]


@pytest.mark.parametrize(
    ("method", "scheme"),
    [("client_secret_basic", "Basic"), ("client_secret_post", ""), ("none", "")],
)
def test_each_client_authentication(
    foreign: Any, person: Any, site: Any, method: str, scheme: str
) -> None:
    """The provider takes our proof, each way; a public client has PKCE alone."""
    foreign.configure(site.client(token_endpoint_auth_method=method))
    with site.served(
        client_authentication=method,
        client_secret=None if method == "none" else site.client()["client_secret"],
    ) as url:
        _sign_in(person, url)
        _check_is_alice(person, url)
    (request,) = _paths(foreign, "/token")
    assert request["authorization"] == scheme


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "Ed25519"])
def test_each_algorithm(foreign: Any, person: Any, site: Any, algorithm: str) -> None:
    """What is accepted without any configuration is what such a provider signs with."""
    foreign.configure(site.client(id_token_signed_response_alg=algorithm))
    with site.served() as url:
        _sign_in(person, url)
        _check_is_alice(person, url)


@pytest.mark.parametrize(("in_id_token", "asked"), [(True, 0), (False, 1)])
def test_groups_from_the_id_token_or_from_userinfo(
    foreign: Any, person: Any, site: Any, *, in_id_token: bool, asked: int
) -> None:
    """Userinfo is asked once if the ID token lacks the groups, and not at all if it has them."""
    foreign.configure(site.client(), claims_in_id_token=in_id_token)
    with site.served() as url:
        _sign_in(person, url)
        _check_is_alice(person, url)
    assert len(_paths(foreign, "/me")) == asked


def test_the_answer_comes_by_form_post(foreign: Any, person: Any, site: Any) -> None:
    """The form comes from another site, without any cookie that is not meant for that."""
    foreign.configure(site.client())
    with site.served(response_mode="form_post") as url:
        _sign_in(person, url)
        _check_is_alice(person, url)
        arrived = [
            (visit.method, visit.status)
            for visit in person.browser.history
            if visit.url.startswith(f"{url}/auth/oidc/callback")
        ]
    assert arrived[0][0] == "POST"


def test_the_answer_comes_to_a_callback_of_its_own(foreign: Any, person: Any, site: Any) -> None:
    """With `own_callback` the redirect URI carries the slug."""
    callback = f"{site.url}/auth/oidc/foreign/callback"
    foreign.configure(site.client(redirect_uris=[callback]))
    with site.served(own_callback=True) as url:
        _sign_in(person, url)
        _check_is_alice(person, url)


def _private_pem(key: RSAPrivateKey, path: Path) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture(name="our_key", scope="module")
def key_for_decryption() -> RSAPrivateKey:
    """Our key for encrypted ID tokens."""
    return generate_private_key(65537, 2048)


def _encrypting(site: Any, key: RSAPrivateKey, **more: str) -> dict[str, Any]:
    public = RSAKey.import_key(key.public_key(), {"use": "enc", "kid": "ours"})
    client: dict[str, Any] = site.client(
        id_token_encrypted_response_alg="RSA-OAEP-256",
        jwks={"keys": [public.as_dict(private=False)]},
        **more,
    )
    return client


@pytest.mark.parametrize("encryption", ["A256CBC-HS512", "A256GCM"])
def test_an_encrypted_id_token(
    foreign: Any, person: Any, site: Any, our_key: RSAPrivateKey, tmp_path: Path, encryption: str
) -> None:
    """It is opened with our key, and what is in it is verified as any other."""
    foreign.configure(_encrypting(site, our_key, id_token_encrypted_response_enc=encryption))
    pem = _private_pem(our_key, tmp_path / "decryption.pem")
    with site.served(decryption_key={"file": str(pem)}) as url:
        _sign_in(person, url)
        _check_is_alice(person, url)


def test_keys_rotate_without_overlap(foreign: Any, person: Any, site: Any) -> None:
    """The old keys are gone from one moment to the next; the next sign-in fetches the new ones."""
    foreign.configure(site.client())
    with site.served() as url:
        _sign_in(person, url)
        _check_is_alice(person, url)
        foreign.rotate_keys()
        foreign.requests()
        person.browser.cookies.clear()
        _sign_in(person, url)
        _check_is_alice(person, url)
    assert len(_paths(foreign, "/jwks")) == 1


def test_somebody_who_is_signed_in_there_is_not_asked_again(
    foreign: Any, person: Any, site: Any
) -> None:
    """Signing out here leaves the session there; one click leads back in."""
    foreign.configure(site.client())
    with site.served() as url:
        _sign_in(person, url)
        _check_is_alice(person, url)
        person.browser.get(f"{url}/logout")
        assert "You are signed out of dockmesh." in person.browser.click("Sign out").words
        assert person.browser.get(f"{url}/").url == f"{url}/login"
        person.browser.click(LOGIN)
        _check_is_alice(person, url)


# --- refused --------------------------------------------------------------------------------


def _codes(logs: list[Any]) -> list[str]:
    return [line["code"] for line in logs if line["event"] == "sign_in_refused"]


@pytest.mark.parametrize(
    ("person", "code"),
    [("bob", "no_role"), ("carol", "groups_absent")],
    indirect=["person"],
)
def test_nobody_enters_without_a_role(foreign: Any, person: Any, site: Any, code: str) -> None:
    """No groups gives no role; groups of which nothing is said are not taken for none."""
    foreign.configure(site.client())
    with capture_logs() as logs, site.served() as url:
        assert _sign_in(person, url).status != OK
        assert person.browser.get(f"{url}/").url == f"{url}/login"
    assert _codes(logs) == [code]


def test_a_person_turns_back(foreign: Any, person: Any, site: Any) -> None:
    """The provider's `access_denied` is a page of ours, and no session."""
    foreign.configure(site.client())
    with capture_logs() as logs, site.served() as url:
        person.browser.get(f"{url}/")
        person.browser.click(LOGIN)
        assert person.browser.click("Cancel").status != OK
        assert person.browser.get(f"{url}/").url == f"{url}/login"
    assert _codes(logs) == ["provider_refused"]


def test_a_wrong_client_secret(foreign: Any, person: Any, site: Any) -> None:
    """The provider does not take our proof: the log says so, and does not quote it."""
    foreign.configure(site.client(client_secret="another-secret-of-more-than-thirty-two-letters"))
    with capture_logs() as logs, site.served() as url:
        assert _sign_in(person, url).status != OK
    assert _codes(logs) == ["client_rejected"]
    assert site.client()["client_secret"] not in repr(logs)


def test_an_algorithm_that_is_not_accepted(foreign: Any, person: Any, site: Any) -> None:
    """The configuration decides, whatever the provider announces."""
    foreign.configure(site.client(id_token_signed_response_alg="RS256"))
    with capture_logs() as logs, site.served(id_token_algorithms=["ES256"]) as url:
        assert _sign_in(person, url).status != OK
    assert _codes(logs) == ["algorithm_not_allowed"]


def test_an_encrypted_id_token_and_no_key(
    foreign: Any, person: Any, site: Any, our_key: RSAPrivateKey
) -> None:
    """The provider encrypts and we were given no key: refused, and the log says which setting."""
    foreign.configure(_encrypting(site, our_key))
    with capture_logs() as logs, site.served() as url:
        assert _sign_in(person, url).status != OK
    assert _codes(logs) == ["token_encrypted"]


def test_an_issuer_that_is_written_otherwise(foreign: Any, person: Any, site: Any) -> None:
    """A slash at the end is another issuer (OpenID Connect Discovery 1.0, section 4.3)."""
    foreign.configure(site.client())
    with capture_logs() as logs, site.served(issuer_url=f"{foreign.issuer}/") as url:
        person.browser.get(f"{url}/")
        assert person.browser.click(LOGIN).status != OK
    assert _codes(logs) == ["discovery_issuer_mismatch"]
