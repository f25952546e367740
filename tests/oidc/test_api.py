"""JSON from a provider's own interfaces: whole, or an error."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.errors import ErrorCode, PluginError, ProviderError
from dockmesh_auth.oidc.api import (
    MAX_PAGES,
    NextPage,
    fetch_json,
    fetch_pages,
    next_by_link,
    next_by_member,
)

API = "https://api.example/groups?per_page=2"


def page(body: Any, *, status: int = 200, **headers: str) -> Answer:
    """An answer with *body* as JSON, or as it is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body=content)


@attrs.define
class Api:
    """Answers by address, and writes down what it was asked."""

    pages: Mapping[str, Answer]
    asked: list[tuple[str, bool, Mapping[str, str] | None]] = attrs.field(factory=list)

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        with_access_token: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Answer:
        assert (method, json) == ("GET", None)
        self.asked.append((url, with_access_token, headers))
        return self.pages[url]

    @property
    def addresses(self) -> list[str]:
        """What it was asked for, in order."""
        return [url for url, _, _ in self.asked]


async def pages_of(
    api: Api, url: str = API, next_page: NextPage = next_by_link, **more: Any
) -> Any:
    """All pages from *url* on."""
    return [page async for page in fetch_pages(api, url, next_page=next_page, **more)]


async def refusal(api: Api, url: str = API, **more: Any) -> ProviderError:
    """The error in which asking for all pages ends."""
    with pytest.raises(ProviderError) as caught:
        await pages_of(api, url, **more)
    return caught.value


# --- one answer --------------------------------------------------------------------------------


async def test_the_json_is_asked_for_with_the_access_token() -> None:
    """And with the headers that were given; what comes back cannot be changed."""
    api = Api({API: page({"a": [1, {"b": None}]})})

    found = await fetch_json(api, API, headers={"accept": "application/x+json"})

    assert found == {"a": (1, {"b": None})}
    assert api.asked == [(API, True, {"accept": "application/x+json"})]
    with pytest.raises(TypeError):
        found["a"] = 1  # type: ignore[index]


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 500, 503])
async def test_any_other_status_is_an_error(status: int) -> None:
    """Also those of success that are not the whole answer."""
    with pytest.raises(ProviderError) as caught:
        await fetch_json(Api({API: page([], status=status)}), API)
    assert caught.value.code is ErrorCode.PROVIDER_STATUS
    assert caught.value.evidence == {"status": str(status)}
    assert caught.value.detail == f"'https://api.example/groups' answered with status {status}"


@pytest.mark.parametrize(
    ("status", "headers", "evidence"),
    [
        (429, {}, {}),
        (429, {"retry_after": "30"}, {"retry-after": "'30'"}),
        (403, {"retry_after": "30"}, {"retry-after": "'30'"}),
        (
            403,
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1800000000"},
            {"x-ratelimit-reset": "'1800000000'"},
        ),
        (429, {"retry_after": "a\nb"}, {"retry-after": "'a\\nb'"}),
    ],
)
async def test_a_limit_that_was_reached_says_until_when(
    status: int, headers: dict[str, str], evidence: dict[str, str]
) -> None:
    """RFC 6585, section 4; some say it with 403 and a header. What is shown is escaped."""
    with pytest.raises(ProviderError) as caught:
        await fetch_json(Api({API: page([], status=status, **headers)}), API)
    assert caught.value.code is ErrorCode.PROVIDER_RATE_LIMITED
    assert caught.value.evidence == {"status": str(status), **evidence}
    assert "per_page" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"x_ratelimit_remaining": "1"}),
        (403, {"x_ratelimit_reset": "1800000000"}),
        (500, {"retry_after": "30"}),
        (401, {"x_ratelimit_remaining": "0"}),
    ],
)
async def test_another_refusal_is_no_limit(status: int, headers: dict[str, str]) -> None:
    """To wait would not help."""
    with pytest.raises(ProviderError) as caught:
        await fetch_json(Api({API: page([], status=status, **headers)}), API)
    assert caught.value.code is ErrorCode.PROVIDER_STATUS


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b"\xff", b'{"a":1,"a":2}', b"NaN", b"[" * 99]
)
async def test_what_is_not_strict_json_is_an_error(body: bytes) -> None:
    """Nothing is made of the part that could be read."""
    with pytest.raises(ProviderError) as caught:
        await fetch_json(Api({API: page(body)}), API)
    assert caught.value.code is ErrorCode.PROVIDER_ANSWER_MALFORMED


# --- pages -------------------------------------------------------------------------------------


async def test_pages_come_until_one_names_no_next() -> None:
    """Each is asked for with the access token and the headers; a relative address is one from the
    page that names it (RFC 8288, section 3.2; RFC 3986, section 5).
    """
    api = Api(
        {
            API: page(["a"], link='</groups/page/2>; rel="next", <https://x.example/>; rel="help"'),
            "https://api.example/groups/page/2": page(["b"], link="<3?last=true>; rel=next"),
            "https://api.example/groups/page/3?last=true": page(["c"], link='<1>; rel="first"'),
        }
    )

    assert await pages_of(api, headers={"x-version": "1"}) == [("a",), ("b",), ("c",)]
    assert api.asked == [(url, True, {"x-version": "1"}) for url in api.pages]


async def test_a_member_of_the_page_can_name_the_next() -> None:
    """The last has none, or null."""
    second = "https://api.example/groups?token=2"
    for last in ({"value": [2]}, {"value": [2], "next": None}):
        api = Api({API: page({"value": [1], "next": second}), second: page(last)})
        found = await pages_of(api, next_page=next_by_member("next"))
        assert [one["value"] for one in found] == [(1,), (2,)]


@pytest.mark.parametrize(
    "reference",
    [
        API,
        "",
        "?per_page=2",
        "/groups?per_page=2",
        "//api.example/groups?per_page=2",
        "https:groups?per_page=2",
    ],
)
async def test_a_page_that_leads_to_itself_is_an_error(reference: str) -> None:
    """However its own address is written."""
    error = await refusal(Api({API: page([], link=f"<{reference}>; rel=next")}))
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert "have no end" in error.detail


async def test_pages_in_a_circle_are_an_error() -> None:
    """Each is asked for once."""
    second = "https://api.example/2"
    api = Api({API: page([], link="</2>; rel=next"), second: page([], link=f"<{API}>; rel=next")})
    error = await refusal(api)
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert api.addresses == [API, second]


@pytest.mark.parametrize(("limit", "code"), [(3, None), (2, ErrorCode.PROVIDER_ANSWER_MALFORMED)])
async def test_more_pages_than_allowed_are_an_error_not_the_end(
    limit: int, code: ErrorCode | None
) -> None:
    """As many as allowed are fine."""
    urls = [API, "https://api.example/2", "https://api.example/3"]
    api = Api(
        {
            urls[0]: page([1], link="</2>; rel=next"),
            urls[1]: page([2], link="</3>; rel=next"),
            urls[2]: page([3]),
        }
    )
    if code is None:
        assert await pages_of(api, max_pages=limit) == [(1,), (2,), (3,)]
    else:
        assert (await refusal(api, max_pages=limit)).code is code
        assert api.addresses == urls[:limit]


async def test_pages_without_an_end_are_an_error_after_a_hundred() -> None:
    """Also where each has an address of its own."""

    class Endless(Api):
        async def __call__(self, url: str, **_: Any) -> Answer:
            self.asked.append((url, True, None))
            return page([], link=f"</{len(self.asked)}>; rel=next")

    api = Endless({})
    assert (await refusal(api)).code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert len(api.asked) == MAX_PAGES == 100


@pytest.mark.attack("DIS-17")
@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.example/groups",
        "//evil.example/groups",
        "//evil.example\\@api.example/groups",
        "https://api.example.evil.example/groups",
        "https://api.example:8443/groups",
        "https://api.example@evil.example/groups",
        "https://user@api.example/groups",
        "https://user:word@api.example/groups",
        "http://api.example/groups",
        "http:groups",
        "HTTP://api.example/groups",
        "ftp://api.example/groups",
        "javascript:alert(1)",
        "data:application/json,[]",
        "file:///etc/passwd",
        "/\\evil.example/groups",
        "\\\\evil.example\\groups",
        "https:\\\\evil.example/groups",
        "https://api.example\\.evil.example/groups",
        "https://[api.example/groups",
        "https://[::1]/groups",
        "https://api.example/groups#fragment",
        "https://api.example/gr\u00f6ups",
        "https://api.example/" + "a" * 2048,
        "https://\uff41pi.example/groups",
        "/groups\u2028x",
    ],
)
async def test_the_next_page_is_nowhere_else(reference: str) -> None:
    """The access token goes along: same scheme, host and port, and an address that can be read in
    one way only. Nothing is asked for but the first page.
    """
    api = Api({API: page({"next": reference})})
    error = await refusal(api, next_page=next_by_member("next"))
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert api.addresses == [API]


@pytest.mark.parametrize(
    "reference",
    ["https://API.example/2", "https://api.example:443/2", "HTTPS://api.example/2", "/x/../2"],
)
async def test_other_spellings_of_the_same_host_are_the_same_host(reference: str) -> None:
    """RFC 3986, section 6.2."""
    assert reference.startswith("/") or urlsplit(reference).hostname == "api.example"

    class Any2(Api):
        async def __call__(self, url: str, **more: Any) -> Answer:
            self.asked.append((url, True, None))
            return self.pages.get(url, page(["second"]))

    api = Any2({API: page(["first"], link=f"<{reference}>; rel=next")})
    assert await pages_of(api) == [("first",), ("second",)]


@given(st.text(st.characters(codec="utf-8"), max_size=40))
async def test_whatever_is_named_no_other_host_is_asked(reference: str) -> None:
    """Of all texts that a provider can write."""

    class Here(Api):
        async def __call__(self, url: str, **more: Any) -> Answer:
            assert url.startswith("https://api.example/")
            self.asked.append((url, True, None))
            return page({"next": reference} if len(self.asked) == 1 else {})

    with contextlib.suppress(ProviderError):
        await pages_of(Here({}), next_page=next_by_member("next"))


@pytest.mark.parametrize(
    "second",
    [page([], status=500), page(b"{"), page([], status=429), page([], link="<x")],
)
async def test_a_list_that_breaks_off_is_an_error(second: Answer) -> None:
    """The part that came is not the whole."""
    api = Api({API: page([1], link="</2>; rel=next"), "https://api.example/2": second})
    await refusal(api)


async def test_what_fetch_refuses_is_refused() -> None:
    """Errors of the fetch come through as they are."""

    class Refuses(Api):
        async def __call__(self, url: str, **_: Any) -> Answer:
            raise PluginError(ErrorCode.PLUGIN_BAD_REQUEST, "there is no access token")

    with pytest.raises(PluginError):
        await fetch_json(Refuses({}), API)
    with pytest.raises(PluginError):
        await pages_of(Refuses({}))


# --- where the next page is --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (None, None),
        ("", None),
        ('<https://a.example/?q=1,2;3>; rel="next"', "https://a.example/?q=1,2;3"),
        ('<a>; rel="prev", <b>; rel="last"', None),
        ('<a>; rel="prev", <b>; rel="last next"', "b"),
        ('<a>; title="<evil>; rel=next"; rel=prev', None),
        ("<a>; rel=next, <a>; rel=next", "a"),
        ('<a>; rel=next; anchor="/other"', None),
    ],
)
def test_the_next_page_by_link(link: str | None, target: str | None) -> None:
    """RFC 8288, section 3."""
    headers = {} if link is None else {"link": link}
    assert next_by_link(page([], **headers)) == target


@pytest.mark.parametrize("link", ["<a>; rel=next, <b>; rel=next", "a; rel=next", '<a>; rel="next'])
def test_a_link_that_can_be_read_in_two_ways_is_an_error(link: str) -> None:
    """Two next pages, or a header that is none."""
    with pytest.raises(ProviderError) as caught:
        next_by_link(page([], link=link))
    assert caught.value.code is ErrorCode.PROVIDER_ANSWER_MALFORMED


@pytest.mark.parametrize("body", [[], "x", None, {"next": 2}, {"next": ["x"]}, {"next": False}])
def test_a_member_that_is_no_address_is_an_error(body: Any) -> None:
    """A page that is no object is not the last one either."""
    with pytest.raises(ProviderError) as caught:
        next_by_member("next")(page(body))
    assert caught.value.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
