"""What a fake provider publishes of itself."""

from __future__ import annotations

from typing import Any

from dockmesh_auth.testing.fake_provider.shape import PushedRequests
from dockmesh_auth.testing.fake_provider.state import FakeState

__all__ = ["discovery_document"]


def discovery_document(state: FakeState, base: str) -> dict[str, Any]:
    """The discovery document under the address *base* (Discovery 1.0, section 3)."""
    shape, paths = state.shape, state.shape.paths
    document: dict[str, Any] = {
        "issuer": shape.document_issuer(base),
        "authorization_endpoint": base + paths.authorization,
        "token_endpoint": base + paths.token,
        "userinfo_endpoint": base + paths.userinfo,
        "jwks_uri": base + paths.jwks,
        "end_session_endpoint": base + paths.end_session,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "scopes_supported": list(shape.scopes),
        "code_challenge_methods_supported": list(shape.code_challenge_methods),
    }
    if shape.sends_id_token:
        document |= _of_id_tokens(state)
    if shape.iss_parameter:
        document["authorization_response_iss_parameter_supported"] = True
    if shape.pushed_requests is not PushedRequests.NONE:
        # RFC 9126, section 5.
        document["pushed_authorization_request_endpoint"] = base + paths.pushed_authorization
    if shape.pushed_requests is PushedRequests.REQUIRED:
        document["require_pushed_authorization_requests"] = True
    return shape.metadata(document)


def _of_id_tokens(state: FakeState) -> dict[str, Any]:
    key = state.signing_key
    members: dict[str, Any] = {
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [key.algorithm if key else "HS256"],
    }
    if state.encryption_key is not None:
        members["id_token_encryption_alg_values_supported"] = ["RSA-OAEP-256"]
        members["id_token_encryption_enc_values_supported"] = ["A256CBC-HS512"]
    return members
