"""Why one attempt is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockmesh_auth.errors.codes import ErrorCode as C
from dockmesh_auth.errors.explanations.explanation import Explanation

__all__ = ["SIGN_INS"]

SIGN_INS: Final[Mapping[C, Explanation]] = {
    C.PROVIDER_UNKNOWN: Explanation(
        "There is no enabled provider of that name.",
        "Start again from the login page.",
    ),
    C.RESPONSE_MALFORMED: Explanation(
        "The answer that the browser brought back is malformed.",
        "Start again from the login page.",
    ),
    C.RESPONSE_REPEATED_PARAMETER: Explanation(
        "The answer that the browser brought back repeats a parameter.",
        "Start again from the login page.",
    ),
    C.STATE_MISSING: Explanation(
        "The answer that the browser brought back has no state.",
        "Start again from the login page.",
    ),
    C.STATE_UNKNOWN: Explanation(
        "The sign-in is not known here, or was already finished.",
        "Start again from the login page; do not use the back button to return to it.",
    ),
    C.STATE_EXPIRED: Explanation(
        "The sign-in was started more than ten minutes ago.",
        "Start again from the login page.",
    ),
    C.STATE_OTHER_BROWSER: Explanation(
        "The sign-in began in another browser, is finished already, or cookies are blocked.",
        "Start again in the browser you want to use, with cookies allowed.",
    ),
    C.STATE_OTHER_PROVIDER: Explanation(
        "The answer came to the callback of another provider than the sign-in began with.",
        "Start again; if it happens again, report it: it may be an attack.",
    ),
    C.RESPONSE_ISSUER_MISMATCH: Explanation(
        "The answer names another issuer than the provider the sign-in began with.",
        "Start again; if it happens again, report it: it may be a mix-up attack.",
    ),
    C.RESPONSE_MODE_MISMATCH: Explanation(
        "The answer came by another HTTP method than was asked for.",
        "Start again; check `response_mode` if it happens again.",
    ),
    C.PROVIDER_REFUSED: Explanation(
        "The identity provider ended the sign-in with an error.",
        "See the error's name in the log; access_denied means that the person cancelled.",
    ),
    C.CODE_MISSING: Explanation(
        "The answer that the browser brought back has no authorization code.",
        "Start again from the login page.",
    ),
    C.CODE_REJECTED: Explanation(
        "The identity provider does not accept the authorization code.",
        "Start again; codes live for about a minute and work once.",
    ),
}
