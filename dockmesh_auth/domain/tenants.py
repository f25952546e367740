"""Many issuers behind one discovery document."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

__all__ = ["Tenants"]


def _read_only(issuers: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(issuers))


@frozen(kw_only=True)
class Tenants:
    """The tenants of a provider whose discovery document is for all of them.

    Such a document names no issuer but a template of one (OpenID Connect Discovery 1.0, section
    4.3, allows it not; some providers do it all the same). What the template stands for is decided
    by the operator, who lists the tenants: never by a token.

    Attributes:
        document_issuer: What the document says its issuer is: the template, as it is written there.
        claim: The claim that names the tenant; it has to agree with the issuer.
        issuers: The issuers whose people may sign in, each with its tenant. Never empty.
    """

    document_issuer: str
    claim: str
    issuers: Mapping[str, str] = field(converter=_read_only)

    def __attrs_post_init__(self) -> None:
        if not self.issuers:
            raise ValueError("without a tenant nobody could sign in")
