"""Which hosts and which addresses may be called on behalf of a provider.

Two rules, one before the other. `check_endpoint` looks at what is written: a URL that two parsers
could read in two ways is refused, and its host must be the issuer's or one that the operator
lists. `check_address` looks at where a name leads, just before the connection is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from attrs import frozen

from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.evidence import shown, shown_address

__all__ = [
    "MAX_URL",
    "Location",
    "check_address",
    "check_endpoint",
    "is_public",
    "parse_location",
]

MAX_URL: Final = 2048
"""Characters that the URL of an endpoint may have."""

_Address: TypeAlias = IPv4Address | IPv6Address

# The characters of RFC 3986, section 2, without the fragment's. No backslash, no space, no control
# character, no letter beyond ASCII: an international name is written in its A-label form (xn--).
_URL = re.compile(r"(https?)://[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+", re.IGNORECASE)
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# A host whose last label is a number is an IPv4 address to a browser and to the C library, in
# whatever spelling: 127.1, 0x7f000001, 2130706433 (WHATWG URL, section 3.5).
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_PORTS: Final = {"https": 443, "http": 80}
_MAX_PORT: Final = 65535
_MAX_NAME: Final = 253

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Global unicast by its number and yet never a provider: 6to4, Teredo and other assignments to
# protocols, documentation. `ipaddress` of older Python releases does not know all of them.
_NOT_PUBLIC = tuple(
    IPv6Network(text) for text in ("2002::/16", "2001::/23", "2001:db8::/32", "3fff::/20")
)
# Where clouds hand out credentials to whoever asks: those of machines, then those of containers.
# No provider lives there, opted in or not.
_CLOUD_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "169.254.170.2",
        "169.254.170.23",
        "fd00:ec2::23",
    )
)
# What the opt-in lets in: RFC 1918, RFC 4193, this machine, this link, and the addresses that
# carriers and overlay networks share among their hosts (RFC 6598).
_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "::1/128",
        "fe80::/10",
    )
)


@frozen
class Location:
    """Where a URL leads, read once and strictly.

    Attributes:
        scheme: `https` or `http`.
        host: A name or an address in lower case; IPv6 without brackets, in its shortest form.
        port: The port, also if it is not written.
        target: Path and query, as sent in the request line.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as they are compared: the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its mere name or number (RFC 6761, section 6.3)."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        address = _literal(self.host)
        return address is not None and address.is_loopback


def parse_location(url: str) -> Location:
    """Read an absolute http or https URL that can be read in one way only.

    Raises:
        ValueError: It cannot. The message says what is wrong and does not quote the URL.
    """
    if len(url) > MAX_URL:
        raise ValueError(f"it is longer than {MAX_URL} characters")
    if "#" in url:
        raise ValueError("it has a fragment")
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("it is not an https URL of plain ASCII characters")
    scheme = match[1].lower()
    rest = url[len(scheme) + 3 :]
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise ValueError("it has a user name before its host")
    host, port = _host_and_port(authority, scheme)
    target = rest[len(authority) :]
    return Location(scheme, host, port, target if target.startswith("/") else f"/{target}")


def check_endpoint(url: str, provider: Provider) -> None:
    """Hold the URL of an endpoint against the provider's rules. Nothing is asked of anybody.

    The URL is https, without user name and fragment, in plain ASCII. Host and port are those of
    the issuer, of the configured discovery URL, or of one entry of `allowed_hosts`
    (`login.example.com`, `login.example.com:8443`); compared whole, never by suffix. Plain http is
    accepted for this machine alone (`localhost`, 127.0.0.0/8, ::1), and only if
    `insecure_allow_http` is set.

    Raises:
        ProviderError: `DISCOVERY_UNSAFE_ENDPOINT`.
    """
    try:
        location = parse_location(url)
        _check_scheme(location, provider.network)
        _check_host(location, provider)
    except ValueError as refusal:
        raise ProviderError(
            ErrorCode.DISCOVERY_UNSAFE_ENDPOINT,
            f"{shown_address(url)} is not called: {refusal}",
            provider=provider.slug,
            evidence={"endpoint": shown_address(url)},
        ) from None


def check_address(address: str, rules: NetworkRules) -> None:
    """Hold an IP address, as name resolution gave it, against the rules.

    Without `allow_private_addresses` only addresses of the public Internet pass. With it private,
    shared (RFC 6598), loopback and link-local ones pass as well; never multicast, reserved and
    unspecified ones, nor the addresses where clouds hand out credentials.

    Raises:
        ProviderError: `PROVIDER_ADDRESS_REFUSED`.
    """
    try:
        ip = _unwrapped(ip_address(address))
    except ValueError:
        raise _refused(f"{shown(address)} is not an IP address") from None
    if ip in _CLOUD_METADATA:
        raise _refused(f"{ip} is where clouds hand out credentials")
    if is_public(ip):
        return
    if not rules.allow_private_addresses:
        raise _refused(f"{ip} is not an address of the public Internet")
    if not _is_private(ip):
        raise _refused(f"{ip} is not the address of a host")


def is_public(ip: _Address) -> bool:
    """Whether *ip* is a host's address in the public Internet.

    An IPv4 address inside an IPv6 one (`::ffff:`, NAT64) is judged by itself; 6to4, Teredo and
    the obsolete `::a.b.c.d` are never public.
    """
    ip = _unwrapped(ip)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    return ip in _GLOBAL_UNICAST and ip.is_global and not any(ip in net for net in _NOT_PUBLIC)


def _is_private(ip: _Address) -> bool:
    return any(ip in network for network in _PRIVATE)


def _unwrapped(ip: _Address) -> _Address:
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


def _refused(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_ADDRESS_REFUSED, detail)


def _host_and_port(authority: str, scheme: str) -> tuple[str, int]:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise ValueError("its host or port is malformed")
    port = int(match["port"]) if match["port"] else _PORTS[scheme]
    if not 0 < port <= _MAX_PORT:
        raise ValueError("its port is not a port")
    return _host(match["host"].lower()), port


def _host(text: str) -> str:
    """The host of a URL in the one spelling that is compared."""
    if text.startswith("[") or _NUMBER.fullmatch(text):
        address = _literal(text.removeprefix("[").removesuffix("]"))
        if address is None or isinstance(address, IPv6Address) is not text.startswith("["):
            raise ValueError("its host is a number that is not written as an IP address is")
        return str(address)
    if len(text) > _MAX_NAME or not _NAME.fullmatch(text):
        raise ValueError("its host is not a host name")
    return text


def _literal(text: str) -> _Address | None:
    if "%" in text:  # a zone (RFC 6874) is of no use beyond this machine
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def _check_scheme(location: Location, rules: NetworkRules) -> None:
    if location.scheme == "https":
        return
    if not rules.insecure_allow_http:
        raise ValueError("it is not https")
    if not location.is_loopback:
        raise ValueError("it is not https, and plain http is for this machine alone")


def _check_host(location: Location, provider: Provider) -> None:
    if location.authority not in _authorities(provider):
        raise ValueError(
            f"its host {location.authority} is neither the issuer's nor in allowed_hosts"
        )


def _authorities(provider: Provider) -> Iterator[str]:
    """The hosts that the operator wrote down, in the spelling that is compared."""
    listed = (f"https://{entry}" for entry in provider.network.allowed_hosts)
    for url in (provider.issuer, provider.discovery_url or provider.issuer, *listed):
        try:
            yield parse_location(url).authority
        except ValueError:  # what cannot be read allows nothing
            continue
