"""The URLs of the configuration: absolute, readable in one way only, with nothing hidden in them.

No message quotes a URL: people write passwords into them.
"""

from __future__ import annotations

from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.oidc.addresses import Location, parse_location

__all__ = ["base_url", "check_scheme", "discovery_url", "host_name", "issuer", "located"]


def located(url: str) -> Location:
    """Where *url* leads.

    Raises:
        Refused: It is not an absolute http or https URL without user name and fragment.
    """
    try:
        return parse_location(url)
    except ValueError as problem:
        raise Refused(f"must be an absolute https URL, but {problem}") from None


def issuer(url: str) -> str:
    """An issuer, unchanged: it is compared character by character, never normalised.

    No query and no fragment (OpenID Connect Discovery 1.0, section 3).
    """
    located(url)
    if "?" in url:
        raise Refused("must be an issuer, which has no query; copy it from the provider")
    return url


def discovery_url(url: str) -> str:
    """The address of a discovery document, unchanged."""
    located(url)
    return url


def base_url(url: str) -> str:
    """The address of this site: scheme, host and port, nothing after them.

    The cookies are for the whole host and plain http gives them away; both follow from RFC 6265bis,
    section 4.1.3. On the machine itself browsers treat http as safe, so it is accepted there.
    """
    location = located(url)
    if location.target != "/":
        raise Refused("must have no path: sign-in needs the whole host, as its cookies do")
    if location.scheme == "http" and not location.is_loopback:
        raise Refused("must be https; plain http is accepted for localhost only")
    return f"{location.scheme}://{location.authority}"


def host_name(text: str) -> str:
    """`login.example.com` or `login.example.com:8443`, in the spelling that is compared."""
    if any(sign in text for sign in "/?@"):
        raise Refused("must be a host, not a URL: login.example.com or login.example.com:8443")
    try:
        return parse_location(f"https://{text}").authority
    except ValueError:
        raise Refused("must be a host: login.example.com or login.example.com:8443") from None


def check_scheme(url: str, *, insecure_allow_http: bool) -> str | None:
    """What is wrong with the scheme of *url*, if anything is."""
    location = located(url)
    if location.scheme == "https" or (insecure_allow_http and location.is_loopback):
        return None
    if location.is_loopback:
        return "must be https; for tests on this machine set `insecure_allow_http: true`"
    return "must be https; plain http lets anybody on the way sign in as anybody"
