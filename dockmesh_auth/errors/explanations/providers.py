"""What is wrong at the identity provider, or on the way to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockmesh_auth.errors.codes import ErrorCode as C
from dockmesh_auth.errors.explanations.explanation import Explanation

__all__ = ["PROVIDERS"]

PROVIDERS: Final[Mapping[C, Explanation]] = {
    C.PROVIDER_UNREACHABLE: Explanation(
        "The identity provider cannot be reached.",
        "Check name resolution, address, port and firewall between this host and it.",
    ),
    C.PROVIDER_TIMEOUT: Explanation(
        "The identity provider did not answer within the time limit.",
        "Check the provider's load and the network; the limit is the provider's `timeout`.",
    ),
    C.PROVIDER_TLS: Explanation(
        "No trusted TLS connection to the identity provider could be made.",
        "Check that this port speaks TLS, and its certificate; name a private authority's "
        "file as `ca_file`.",
    ),
    C.PROVIDER_ADDRESS_REFUSED: Explanation(
        "An address of the identity provider is not one that this host may connect to.",
        "If the provider really is on a private network, set `allow_private_addresses: true`.",
    ),
    C.PROVIDER_STATUS: Explanation(
        "The identity provider answered with an unexpected HTTP status.",
        "With 404 mostly `issuer_url` is wrong or a slug was renamed; for 500 and above see "
        "the provider's own log.",
    ),
    C.PROVIDER_RATE_LIMITED: Explanation(
        "The identity provider takes no more requests for now.",
        "Wait until the time in the log; if it happens often, let the provider's tokens carry "
        "the groups.",
    ),
    C.PROVIDER_REDIRECT: Explanation(
        "The identity provider answered with a redirect, which is never followed.",
        "Configure the final address: mostly https instead of http, or a missing slash.",
    ),
    C.PROVIDER_ANSWER_TOO_LARGE: Explanation(
        "An answer of the identity provider is larger than the limit.",
        "Check that the address is the provider's; the limit guards this host's memory.",
    ),
    C.PROVIDER_ANSWER_MALFORMED: Explanation(
        "An answer of the identity provider is not the JSON that was expected.",
        "Check that the address is the provider's and not a login or proxy page.",
    ),
    C.DISCOVERY_ISSUER_MISMATCH: Explanation(
        "The discovery document names another issuer than the configuration.",
        "Copy the document's issuer into `issuer_url` exactly; the trailing slash counts.",
    ),
    C.DISCOVERY_INCOMPLETE: Explanation(
        "The discovery document lacks a required member.",
        "Check that the address is an OpenID provider's; update the provider.",
    ),
    C.DISCOVERY_UNSAFE_ENDPOINT: Explanation(
        "The discovery document names an endpoint that is not safe to call.",
        "If the endpoint's host is right, add it to the provider's `allowed_hosts`.",
    ),
    C.DISCOVERY_UNSUPPORTED: Explanation(
        "The identity provider does not offer what the configuration asks for.",
        "Change the setting that is named, at the provider or here.",
    ),
    C.JWKS_MALFORMED: Explanation(
        "The provider's key set cannot be used.",
        "Check the provider's signing key; see the message for what is wrong with the set.",
    ),
    C.CLIENT_REJECTED: Explanation(
        "The identity provider does not accept this client's id, secret or redirect URI.",
        "Compare client_id, client_secret and the registered redirect URI, letter by letter.",
    ),
    C.PUSHED_REQUEST_REFUSED: Explanation(
        "The identity provider refused the authorization request that was pushed to it.",
        "See the error's name and description in the log; mostly the redirect URI is not "
        "registered or a scope is not allowed.",
    ),
    C.TOKEN_ENDPOINT_ERROR: Explanation(
        "The token endpoint answered with an error.",
        "See the error's name in the message and the provider's own log.",
    ),
    C.TOKEN_ANSWER_MALFORMED: Explanation(
        "The token endpoint's answer breaks RFC 6749, section 5.1.",
        "Check the provider's version and log.",
    ),
    C.SCOPE_NOT_GRANTED: Explanation(
        "The identity provider did not grant the scope openid.",
        "Allow this client the scope `openid` at the provider, and keep it in `scopes`.",
    ),
    C.USERINFO_FAILED: Explanation(
        "The userinfo endpoint did not give the claims that were needed.",
        "Let the provider put the groups into the ID token, or mend its userinfo endpoint.",
    ),
}
