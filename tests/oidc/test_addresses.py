"""Which hosts and addresses may be called."""

from __future__ import annotations

from ipaddress import ip_address

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.addresses import (
    check_address,
    check_endpoint,
    is_public,
    parse_location,
)

PROVIDER = Provider(
    slug="idp",
    display_name="IdP",
    issuer="https://idp.example/application/o/dockmesh/",
    client_id="dockmesh",
)
PRIVATE = NetworkRules(allow_private_addresses=True)
ON_HTTP = NetworkRules(allow_private_addresses=True, insecure_allow_http=True)


def with_rules(**rules: object) -> Provider:
    return attrs.evolve(PROVIDER, network=NetworkRules(**rules))  # type: ignore[arg-type]


def refusal(url: str, provider: Provider = PROVIDER) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        check_endpoint(url, provider)
    assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "https://idp.example/token",
        "https://idp.example",
        "https://idp.example?tenant=a",
        "https://idp.example:443/token",
        "https://IDP.Example/token",
        "HTTPS://idp.example/token?a=b&c=%20d",
        "https://idp.example/a@b/c;d",
    ],
)
def test_an_endpoint_on_the_issuers_host_passes(url: str) -> None:
    """Host names are compared without regard to letter case, and 443 is https's own port."""
    check_endpoint(url, PROVIDER)


@pytest.mark.attack("DIS-15")
@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example/token",
        "ftp://idp.example/token",
        "javascript:alert(1)//idp.example",
        "data:text/html,x",
        "//idp.example/token",
        "/token",
        "",
        "idp.example/token",
        "https:/idp.example/token",
        "https:///token",
        "https://",
        "https://idp@idp.example/token",
        "https://idp.example@evil.example/token",
        "https://evil.example#@idp.example/token",
        "https://idp.example/token#x",
        "https://idp.example/token#",
        "https://idp.example\\@evil.example/",
        "https://idp.example\\.evil.example/",
        "https://idp.example/to ken",
        " https://idp.example/token",
        "https://idp.example/token\n",
        "https://idp.example/\ttoken",
        "https://idp.example/\x00",
        "https://idp.example/\x7f",
        "https://idp.example/\r\nHost: evil.example",
        "https://idp.example/t\u00f6ken",
        "https://\u24d8dp.example/token",
        "https://idp\uff0eexample/token",
        "https://idp%2eexample/token",
        "https://idp.example%00.evil.example/token",
        "https://idp.example./token",
        "https://idp..example/token",
        "https://.idp.example/token",
        "https://idp.example:/token",
        "https://idp.example:0/token",
        "https://idp.example:65536/token",
        "https://idp.example:44a/token",
        "https://idp.example:443:443/token",
        "https://[::1/token",
        "https://[::1%25eth0]/token",
        "https://[idp.example]/token",
        "https://[127.0.0.1]/token",
        "https://idp.example/" + 2048 * "a",
    ],
)
def test_an_endpoint_that_can_be_read_in_two_ways_is_refused(url: str) -> None:
    """Scheme, user name, fragment, control characters, odd hosts: none reaches a connection."""
    refusal(url, with_rules(allowed_hosts=frozenset({"evil.example", "idp.example."})))


@pytest.mark.attack("RED-05")
@pytest.mark.attack("DIS-10")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil-idp.example",
        "idp.example.evil.example",
        "idp.exampleevil.example",
        "sub.idp.example",
        "example",
        "idpXexample",
        "idp.example:8443",
        "idp.example:80",
        "login.example:8443",
        "[2001:db8::1]",
    ],
)
def test_a_host_is_compared_whole(host: str) -> None:
    """Neither a suffix nor a prefix nor another port of an allowed host is allowed."""
    error = refusal(f"https://{host}/token", with_rules(allowed_hosts=frozenset({"login.example"})))
    assert "allowed_hosts" in error.detail


def test_allowed_hosts_and_the_discovery_url_add_hosts() -> None:
    """The operator can name more hosts, with their port, in brackets for IPv6."""
    provider = attrs.evolve(
        with_rules(allowed_hosts=frozenset({"login.example", "api.example:8443", "[2001:db8::1]"})),
        discovery_url="https://meta.example:9443/document",
    )
    for authority in (
        "login.example",
        "login.example:443",
        "api.example:8443",
        "[2001:DB8:0::1]",
        "meta.example:9443",
    ):
        check_endpoint(f"https://{authority}/x", provider)


@pytest.mark.attack("DIS-15")
@pytest.mark.parametrize(
    ("issuer", "passes"),
    [
        ("http://localhost:9000/", True),
        ("http://idp.localhost:9000/", True),
        ("http://127.0.0.1:9000/", True),
        ("http://127.8.8.8/", True),
        ("http://[::1]:9000/", True),
        ("http://idp.example/", False),
        ("http://10.0.0.1/", False),
        ("http://localhost.evil.example/", False),
        ("http://notlocalhost/", False),
    ],
)
def test_plain_http_is_for_this_machine_alone_and_only_on_demand(
    issuer: str, *, passes: bool
) -> None:
    """Without the flag never; with it, only loopback."""
    provider = attrs.evolve(PROVIDER, issuer=issuer, network=ON_HTTP)
    if passes:
        check_endpoint(issuer, provider)
    else:
        refusal(issuer, provider)
    refusal(issuer, attrs.evolve(provider, network=PRIVATE))


def test_allowed_hosts_are_compared_as_hosts_are() -> None:
    """In any letter case, with or without https's own port; nonsense allows nothing."""
    entries = frozenset({"Login.Example", "api.example:443", "[2001:DB8::1]", "*", "", "a b", "[x"})
    provider = with_rules(allowed_hosts=entries)
    for authority in ("login.example", "api.example", "[2001:db8:0::1]"):
        check_endpoint(f"https://{authority}/x", provider)
    refusal("https://evil.example/x", provider)


def test_a_refusal_shows_no_query() -> None:
    """What stands behind the path may be a secret."""
    error = refusal("https://user:hunter2@evil.example/path?token=s3cr3t#s3cr3t")
    assert "s3cr3t" not in str(error)
    assert "hunter2" not in str(error)
    assert "evil.example/path" in error.evidence["endpoint"]
    assert error.provider == "idp"


@pytest.mark.attack("DIS-16")
@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.01",
        "0x",
        "1.2.3.4.5",
        "256.1.1.1",
        "idp.1",
        "idp.0x1",
        "127.0.0.1.",
    ],
)
def test_a_number_is_an_address_only_in_its_plain_spelling(host: str) -> None:
    """What the C library would read as another address is refused as it stands."""
    with pytest.raises(ValueError, match="its host"):
        parse_location(f"https://{host}/")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://h/#", "fragment"),
        ("https://a@h/", "user name"),
        ("https://a:b@h/", "user name"),
        ("https://h:0/", "its port"),
        ("https://h:65536/", "its port"),
        ("https://h:x/", "its host or port"),
        ("https://[fe80::1%25eth0]/", "its host is a number"),
        ("https://h/\u00e4", "plain ASCII"),
        ("https://-h/", "not a host name"),
        (f"https://{'h.' * 200}h/", "not a host name"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_not_read(url: str, reason: str) -> None:
    """And the reason is the one that helps."""
    with pytest.raises(ValueError, match=reason):
        parse_location(url)


def test_a_location_is_read_in_parts() -> None:
    """Host in lower case, port filled in, target with its slash, IPv6 in its short form."""
    location = parse_location("https://[2001:DB8:0:0::1]?a=b")
    assert (location.scheme, location.host, location.port) == ("https", "2001:db8::1", 443)
    assert location.target == "/?a=b"
    assert location.authority == "[2001:db8::1]"
    assert parse_location("http://h:8080/p?q").authority == "h:8080"
    assert parse_location("http://h:443/p?q").authority == "h:443"


PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE_HOSTS = [
    "127.0.0.1",
    "127.8.9.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
]
NOBODYS = [
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "ff02::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::7f00:1",
    "::ffff:224.0.0.1",
    "64:ff9b::e000:1",
    "4000::1",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::23",
    "not an address",
    "127.1",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    """Also inside IPv6, where NAT64 puts them."""
    assert is_public(ip_address(address))
    check_address(address, NetworkRules())


@pytest.mark.attack("DIS-16")
@pytest.mark.parametrize("address", PRIVATE_HOSTS)
def test_private_addresses_need_the_opt_in(address: str) -> None:
    """Private, loopback and link-local addresses are refused unless the operator allows them."""
    assert not is_public(ip_address(address))
    with pytest.raises(ProviderError) as caught:
        check_address(address, NetworkRules())
    assert caught.value.code is ErrorCode.PROVIDER_ADDRESS_REFUSED
    check_address(address, PRIVATE)


@pytest.mark.attack("DIS-16")
@pytest.mark.parametrize("address", NOBODYS)
def test_addresses_of_no_provider_are_refused_even_with_the_opt_in(address: str) -> None:
    """Multicast, reserved, tunnels, and where clouds hand out credentials."""
    for rules in (NetworkRules(), PRIVATE):
        with pytest.raises(ProviderError) as caught:
            check_address(address, rules)
        assert caught.value.code is ErrorCode.PROVIDER_ADDRESS_REFUSED


@pytest.mark.parametrize(
    "address",
    ["100.64.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.1", "2001:db8::1", "3fff::1", "fec0::1"],
)
def test_special_ranges_are_not_public(address: str) -> None:
    """Carrier-grade NAT, documentation and benchmarks are nobody's public address."""
    assert not is_public(ip_address(address))


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{0,30}/.{0,20}", fullmatch=True))
def test_nothing_but_our_error_leaves_and_what_passes_leads_to_the_issuer(url: str) -> None:
    """Whatever the text: it is refused with our error, or it leads to the issuer's host."""
    try:
        check_endpoint(url, PROVIDER)
    except ProviderError:
        return
    assert url.lower().startswith(("https://idp.example/", "https://idp.example:443"))


@given(st.ip_addresses())
def test_every_address_is_judged(address: object) -> None:
    """No address makes the rule fail, and what is public passes."""
    try:
        check_address(str(address), NetworkRules())
    except ProviderError:
        return
    assert is_public(ip_address(str(address)))
