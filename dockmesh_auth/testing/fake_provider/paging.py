"""How products hand out long lists: page by page, each page saying where the next one is."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider.apis import ApiCall
from dockmesh_auth.testing.fake_provider.grants import Problem
from dockmesh_auth.testing.minting import base64url

__all__ = ["paged_by_link", "paged_by_member"]

_DIGITS: Final = 10
"""No list here needs a number as long as this."""


def paged_by_link(call: ApiCall, items: Sequence[Any], per_page: int) -> Response:
    """One page of *items* as a JSON array; the header `Link` (RFC 8288) leads to the others.

    The page is chosen by the parameter `page`, from 1; past the last one it is empty. What is no
    number means the first. The other parameters of the query are kept in the links.

    Args:
        call: What was asked.
        items: All items.
        per_page: How many a page holds at most; the parameter `per_page` may ask for fewer.
    """
    size = min(_number(call.query.get("per_page"), per_page), per_page)
    page, last = _number(call.query.get("page"), 1), max(1, -(-len(items) // size))
    others = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    if page >= last:
        del others["next"], others["last"]
    if page == 1:
        del others["prev"], others["first"]
    links = [
        f'<{_url(call, page=str(number))}>; rel="{relation}"' for relation, number in others.items()
    ]
    headers = {"link": ", ".join(links)} if links else {}
    return JSONResponse(list(items[(page - 1) * size : page * size]), headers=headers)


def paged_by_member(
    call: ApiCall,
    items: Sequence[Any],
    per_page: int,
    *,
    items_member: str = "value",
    next_member: str = "@odata.nextLink",
    token_parameter: str = "$skiptoken",  # noqa: S107 - the name of a parameter
) -> dict[str, Any]:
    """One page of *items* in an object that says the whole address of the next page.

    The last page has no such member.

    Args:
        call: What was asked.
        items: All items.
        per_page: How many a page holds.
        items_member: The member that holds the page.
        next_member: The member that holds the address.
        token_parameter: The parameter of that address that says where to go on.

    Raises:
        Problem: The call goes on where no page ended.
    """
    token = call.query.get(token_parameter)
    start = 0 if token is None else _position(token)
    answer: dict[str, Any] = {items_member: list(items[start : start + per_page])}
    if start + per_page < len(items):
        follow = base64url(f"from {start + per_page}".encode())
        answer[next_member] = _url(call, **{token_parameter: follow})
    return answer


def _position(token: str) -> int:
    # Nobody but this module is to read it: clients that count by themselves should fail.
    try:
        words = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(" ")
        if words[0] == "from" and base64url(" ".join(words).encode()) == token:
            return int(words[1])
    except (ValueError, IndexError):
        pass
    raise Problem("invalid_request", "the page token is not one of ours")


def _number(text: str | None, otherwise: int) -> int:
    good = text is not None and text.isascii() and text.isdigit() and len(text) < _DIGITS
    return (int(text or 0) or otherwise) if good else otherwise


def _url(call: ApiCall, **changes: str) -> str:
    return f"{call.url}?{urlencode({**call.query, **changes}, quote_via=quote, safe='$')}"
