"""The parameters of an authorization response, from a query or from a posted form.

Repeated ones are kept: whether they may be there is for OpenID Connect to say
(RFC 6749, section 3.1), and for that somebody has to see them.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from dockmesh_auth.errors import ErrorCode, SignInRejected

__all__ = ["MAX_BYTES", "MAX_PARAMETERS", "parse_parameters", "read_form"]

MAX_BYTES: Final = 65_536
"""What a query or a form may have; a provider's answer has a few hundred."""

MAX_PARAMETERS: Final = 64
"""How many parameters there may be; a provider's answer has a handful."""

_FORM_SECONDS: Final = 10.0
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


def _malformed(detail: str) -> SignInRejected:
    return SignInRejected(ErrorCode.RESPONSE_MALFORMED, detail)


def parse_parameters(text: bytes) -> tuple[tuple[str, str], ...]:
    """The names and values of *text*, in order, as `application/x-www-form-urlencoded`.

    Raises:
        SignInRejected: RESPONSE_MALFORMED; it is too large, or not UTF-8 when decoded.
    """
    if len(text) > MAX_BYTES:
        raise _malformed(f"the answer is larger than {MAX_BYTES} bytes")
    try:
        return tuple(
            parse_qsl(
                text.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MAX_PARAMETERS,
            )
        )
    except UnicodeError:
        raise _malformed("the answer is not percent-encoded UTF-8") from None
    except ValueError:
        raise _malformed(f"the answer has more than {MAX_PARAMETERS} parameters") from None


async def read_form(request: Request) -> tuple[tuple[str, str], ...]:
    """The parameters of the form that *request* posts.

    Raises:
        SignInRejected: RESPONSE_MALFORMED; it is no form, too large, too slow or cut off.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM_TYPE:
        raise _malformed(f"a posted answer must be {_FORM_TYPE}")
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise _malformed(f"the answer is larger than {MAX_BYTES} bytes")
    except (ClientDisconnect, TimeoutError):
        raise _malformed("the posted answer did not arrive whole") from None
    return parse_parameters(bytes(body))
