"""JSON from a provider's own interfaces, page by page where it comes in pages.

For stages that may fetch: groups from a directory, teams from an organisation. Everything goes
through the `Fetch` of the stage, and an answer that is not what was asked for is an error: the
part of a list that came is never taken for the whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urljoin

from dockmesh_auth.domain.ports import Answer, Fetch
from dockmesh_auth.domain.strict_json import FrozenJson
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.addresses import parse_location
from dockmesh_auth.oidc.evidence import shown, shown_address
from dockmesh_auth.oidc.links import parse_links

__all__ = ["MAX_PAGES", "NextPage", "fetch_json", "fetch_pages", "next_by_link", "next_by_member"]

NextPage: TypeAlias = Callable[[Answer], str | None]
"""Where the page after this one is; None after the last."""

MAX_PAGES: Final = 100
"""Pages that one list may have."""

_OK: Final = 200
_TOO_MANY: Final = 429
_FORBIDDEN: Final = 403


async def fetch_json(
    fetch: Fetch, url: str, *, headers: Mapping[str, str] | None = None
) -> FrozenJson:
    """The JSON at *url*, asked for with this sign-in's access token.

    Raises:
        ProviderError: `PROVIDER_RATE_LIMITED`, `PROVIDER_STATUS` for any status but 200,
            `PROVIDER_ANSWER_MALFORMED` if it is not JSON, or what `fetch` raises.
    """
    return _json(_checked(await fetch(url, with_access_token=True, headers=headers), url), url)


async def fetch_pages(
    fetch: Fetch,
    url: str,
    *,
    next_page: NextPage,
    headers: Mapping[str, str] | None = None,
    max_pages: int = MAX_PAGES,
) -> AsyncIterator[FrozenJson]:
    """The JSON of each page of a list, from *url* on, asked for with this sign-in's access token.

    Args:
        fetch: What asks.
        url: The first page.
        next_page: Reads where the next one is: `next_by_link` or `next_by_member`. It has to be on
            the host of the first, since the access token goes along.
        headers: More headers, for every page.
        max_pages: More pages than this are an error, not the end.

    Raises:
        ProviderError: What `fetch_json` raises; `PROVIDER_ANSWER_MALFORMED` also for pages without
            an end, and for a page elsewhere.
    """
    seen: set[str] = set()
    following: str | None = url
    while following is not None:
        if following in seen or len(seen) == max_pages:
            raise _malformed(f"{shown_address(url)}: its pages have no end")
        seen.add(following)
        answer = _checked(await fetch(following, with_access_token=True, headers=headers), url)
        yield _json(answer, url)
        reference = next_page(answer)
        following = None if reference is None else _next_address(url, following, reference)


def next_by_link(answer: Answer) -> str | None:
    """The target of the header `Link` with the relation `next` (RFC 8288, section 3).

    Raises:
        ProviderError: `PROVIDER_ANSWER_MALFORMED`: the header cannot be read, or names two. Else
            a part of the list would pass for the whole.
    """
    try:
        links = parse_links(answer.headers.get("link", ""))
    except ValueError as fault:
        raise _malformed(f"its header Link cannot be read: {fault}") from None
    targets = {link.target for link in links if "next" in link.relations}
    if len(targets) > 1:
        raise _malformed("its header Link names more than one next page")
    return targets.pop() if targets else None


def next_by_member(name: str) -> NextPage:
    """Reads the member *name* of the page, a JSON object; a page without it is the last.

    What it makes raises `ProviderError`, `PROVIDER_ANSWER_MALFORMED`: the page is no object, or
    the member no text.
    """

    def next_page(answer: Answer) -> str | None:
        page = answer.frozen_json()
        if not isinstance(page, Mapping):
            raise _malformed(f"a page is not an object, which would have {shown(name)}")
        value = page.get(name)
        if value is not None and not isinstance(value, str):
            raise _malformed(f"its member {shown(name)} is not an address")
        return value

    return next_page


def _next_address(first: str, current: str, reference: str) -> str:
    """Where *reference* leads from the page *current* (RFC 3986, section 5): never to another host
    than the *first* page's, since the access token goes along.
    """
    try:
        address = urljoin(current, reference)
        there, here = parse_location(address), parse_location(first)
    except ValueError:
        raise _malformed(f"{shown_address(first)}: its next page has no usable address") from None
    if (there.scheme, there.authority) != (here.scheme, here.authority):
        raise _malformed(f"{shown_address(first)}: its next page is on another host")
    return address


def _checked(answer: Answer, url: str) -> Answer:
    if answer.status == _OK:
        return answer
    status = str(answer.status)
    if _is_rate_limit(answer):
        evidence = {"status": status}
        for name in ("retry-after", "x-ratelimit-reset"):
            if name in answer.headers:
                evidence[name] = shown(answer.headers[name])
        raise ProviderError(
            ErrorCode.PROVIDER_RATE_LIMITED,
            f"{shown_address(url)} takes no more requests for now",
            evidence=evidence,
        )
    raise ProviderError(
        ErrorCode.PROVIDER_STATUS,
        f"{shown_address(url)} answered with status {status}",
        evidence={"status": status},
    )


def _is_rate_limit(answer: Answer) -> bool:
    """RFC 6585, section 4; some say it with 403 and a header."""
    return answer.status == _TOO_MANY or (
        answer.status == _FORBIDDEN
        and (answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers)
    )


def _json(answer: Answer, url: str) -> FrozenJson:
    try:
        return answer.frozen_json()
    except ValueError as fault:
        raise _malformed(f"{shown_address(url)}: {fault}") from None


def _malformed(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_ANSWER_MALFORMED, detail)
