"""How the client proves who it is, at every endpoint that asks (RFC 6749, section 2.3)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

from attrs import field, frozen

from dockmesh_auth.domain.provider import ClientAuthentication, Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ConfigurationError, ErrorCode

__all__ = ["ClientProof", "build_client_proof", "without_client_secret"]


@frozen(kw_only=True)
class ClientProof:
    """What a request carries to prove its client.

    Attributes:
        headers: Headers to send; may hold the secret.
        parameters: Parameters of the form; may hold the secret.
    """

    headers: Mapping[str, str] = field(factory=dict, repr=False)
    parameters: Mapping[str, str] = field(factory=dict, repr=False)


def build_client_proof(provider: Provider) -> ClientProof:
    """The proof of our client at *provider*, as configured.

    With `client_secret_basic` id and secret are form-encoded before they are joined (RFC 6749,
    section 2.3.1); a provider that does not decode them needs `client_secret_post`. A public
    client says its name alone.

    Raises:
        ConfigurationError: `CONFIG_MISSING_KEY`: this authentication needs a secret, and there is
            none.
    """
    method = provider.client_authentication
    if method is ClientAuthentication.NONE:
        return ClientProof(parameters={"client_id": provider.client_id})
    secret = _secret_of(provider)
    if method is ClientAuthentication.CLIENT_SECRET_POST:
        return ClientProof(
            parameters={"client_id": provider.client_id, "client_secret": secret.reveal()}
        )
    pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret.reveal())}"
    credentials = base64.b64encode(pair.encode()).decode()
    return ClientProof(headers={"Authorization": f"Basic {credentials}"})


def without_client_secret(text: str, provider: Provider) -> str:
    """*text* of the provider's, without our secret: some quote the request that they refuse.

    It is left out as it is and in both forms in which it is sent.
    """
    if provider.client_secret:
        secret = provider.client_secret.reveal()
        for form in (secret, quote_plus(secret), quote(secret, safe="")):
            text = re.sub(re.escape(form), "[...]", text, flags=re.IGNORECASE)
    return text


def _secret_of(provider: Provider) -> Secret:
    if provider.client_secret is None:
        raise ConfigurationError(
            ErrorCode.CONFIG_MISSING_KEY,
            f"{provider.client_authentication.value} needs a client_secret",
            provider=provider.slug,
        )
    return provider.client_secret
