"""What a person reads when a sign-in is refused: what happened, and what to ask of whom.

All texts are ours. What a provider, a plugin or the address bar says goes to the log alone: it
could be anybody's instruction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from dockmesh_auth.errors import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    PluginError,
    ProviderError,
    SignInRejected,
    StorageError,
    TokenRejected,
)
from dockmesh_auth.errors import ErrorCode as C

__all__ = ["UNEXPECTED", "RefusalText", "refusal_text", "status_of"]


@frozen
class RefusalText:
    """One refusal in words for the person; `{provider}` stands for the provider's name.

    Attributes:
        title: The heading.
        happened: What happened, without blame and without jargon.
        advice: What to do, and whom to ask.
        mood: `stop`, or `wait` where time alone may mend it, or empty.
        icon: One of the icons in `marks.html`.
    """

    title: str
    happened: str
    advice: str
    mood: str = "stop"
    icon: str = "lock"

    def about(self, provider: str | None) -> RefusalText:
        """The text with the provider's name in it, or with words for one that is not known."""
        names = ("title", "happened", "advice")
        return evolve(self, **{name: _named(getattr(self, name), provider) for name in names})


def _named(text: str, provider: str | None) -> str:
    if provider is not None:
        return text.replace("{provider}", provider)
    if text.startswith("{provider}"):
        text = "Your provider" + text.removeprefix("{provider}")
    return text.replace("{provider}", "your provider")


_TELL = "If it happens again, give your dockmesh administrator the reference below."

UNEXPECTED: Final = RefusalText(
    "Something went wrong here",
    "dockmesh met a fault of its own and stopped. Nothing was changed.",
    f"Start again. {_TELL}",
)

_BY_BRANCH: Final[tuple[tuple[type[AuthError], int, RefusalText], ...]] = (
    (
        TokenRejected,
        400,
        RefusalText(
            "Your sign-in did not pass a check",
            "What {provider} sent to prove who you are is not something dockmesh can accept.",
            f"Start again. {_TELL}",
        ),
    ),
    (
        SignInRejected,
        400,
        RefusalText(
            "This sign-in could not be finished",
            "The answer that your browser brought back was not what dockmesh expected.",
            f"Start again from the login page. {_TELL}",
        ),
    ),
    (
        AccessDenied,
        403,
        RefusalText(
            "You may not sign in here",
            "{provider} knows you, but dockmesh does not let you in.",
            "Ask your dockmesh administrator for access, and give them the reference below.",
        ),
    ),
    (
        ProviderError,
        502,
        RefusalText(
            "{provider} gave no usable answer",
            "dockmesh asked {provider} and could not use what came back. It is not your fault.",
            "Try again in a few minutes. If it stays, tell your dockmesh administrator.",
            mood="wait",
            icon="cloud",
        ),
    ),
    (
        PluginError,
        503,
        RefusalText(
            "Sign-in with {provider} is out of order",
            "The part of dockmesh that deals with {provider} has a fault. Your account is fine.",
            "Use another way to sign in if there is one, and tell your dockmesh administrator.",
        ),
    ),
    (
        StorageError,
        503,
        RefusalText(
            "dockmesh is not ready at the moment",
            "Its database does not answer, so nobody can be let in. Nothing was changed.",
            "Try again in a minute. If it stays, tell your dockmesh administrator.",
            mood="wait",
            icon="clock",
        ),
    ),
    (
        ConfigurationError,
        503,
        RefusalText(
            "Sign-in is not set up correctly",
            "The settings of this dockmesh do not allow anybody in this way.",
            "Tell your dockmesh administrator, and give them the reference below.",
        ),
    ),
)

_GROUPS: Final[tuple[tuple[Iterable[C], RefusalText], ...]] = (
    (
        (C.STATE_EXPIRED,),
        RefusalText(
            "That took too long",
            "A sign-in has to be finished within ten minutes, and this one was started earlier.",
            "Start again and go straight through.",
            mood="wait",
            icon="clock",
        ),
    ),
    (
        (C.STATE_UNKNOWN,),
        RefusalText(
            "This sign-in is already over",
            "It was finished before, or never begun here. "
            "The back button and reloading bring up such old pages.",
            "Start again. If you are signed in already, just go to the start page.",
            mood="wait",
            icon="clock",
        ),
    ),
    (
        (C.STATE_OTHER_BROWSER,),
        RefusalText(
            "This sign-in began in another browser",
            "It was started in another browser or a private window, "
            "or your browser does not keep cookies for this site.",
            "Start again in this browser and allow cookies here. If you did not try to sign in, "
            "just close this page: nothing has happened.",
        ),
    ),
    (
        (
            C.STATE_OTHER_PROVIDER,
            C.RESPONSE_ISSUER_MISMATCH,
            C.RESPONSE_MODE_MISMATCH,
            C.NONCE_MISMATCH,
        ),
        RefusalText(
            "The answer belongs to another sign-in",
            "What came back does not fit the sign-in that was started, so it was not used.",
            "Start again. If it happens again, tell your dockmesh administrator: "
            "somebody may be interfering.",
        ),
    ),
    (
        (
            C.RESPONSE_MALFORMED,
            C.RESPONSE_REPEATED_PARAMETER,
            C.STATE_MISSING,
            C.CODE_MISSING,
        ),
        RefusalText(
            "The sign-in came back incomplete",
            "Parts of the answer that your browser brought back are missing or damaged.",
            f"Start again from the login page. {_TELL}",
        ),
    ),
    (
        (C.PROVIDER_REFUSED,),
        RefusalText(
            "{provider} ended the sign-in",
            "You cancelled it there, or {provider} does not let you use dockmesh.",
            "Start again. If you are refused again, ask the administrator of {provider} "
            "for access to dockmesh.",
        ),
    ),
    (
        (C.PROVIDER_UNKNOWN,),
        RefusalText(
            "There is no such way to sign in",
            "The address names a provider that this dockmesh does not have, or no longer has.",
            "Go to the login page and choose one of those that are there.",
            icon="compass",
        ),
    ),
    (
        (C.CODE_REJECTED,),
        RefusalText(
            "The sign-in came back too late",
            "{provider} no longer accepts the one-time code that your browser brought back.",
            f"Start again. {_TELL}",
            mood="wait",
            icon="clock",
        ),
    ),
    (
        (C.TOKEN_EXPIRED, C.TOKEN_NOT_YET_VALID),
        RefusalText(
            "Two clocks do not agree",
            "What {provider} sent is not valid at this time by dockmesh's clock.",
            "Start again. If it happens again, ask your dockmesh administrator to compare the "
            "clocks of dockmesh and {provider}.",
            mood="wait",
            icon="clock",
        ),
    ),
    (
        (C.AUTHENTICATION_TOO_OLD,),
        RefusalText(
            "Please sign in at {provider} again",
            "You signed in at {provider} longer ago than this dockmesh allows.",
            "Sign out at {provider}, then start again here.",
            mood="wait",
            icon="clock",
        ),
    ),
    (
        (C.PROVIDER_UNREACHABLE, C.PROVIDER_TIMEOUT),
        RefusalText(
            "{provider} does not answer",
            "dockmesh could not reach {provider}, or it took too long to answer.",
            "Try again in a few minutes. If it stays, tell your dockmesh administrator.",
            mood="wait",
            icon="cloud",
        ),
    ),
    (
        (
            C.CLIENT_REJECTED,
            C.PROVIDER_ADDRESS_REFUSED,
            C.PROVIDER_TLS,
            C.DISCOVERY_ISSUER_MISMATCH,
            C.DISCOVERY_UNSAFE_ENDPOINT,
            C.DISCOVERY_UNSUPPORTED,
            C.PUSHED_REQUEST_REFUSED,
            C.SCOPE_NOT_GRANTED,
            # Of the token's checks those that fail again for as long as the settings stay.
            C.NO_SIGNING_KEY,
            C.ALGORITHM_NOT_ALLOWED,
            C.TOKEN_ENCRYPTED,
            C.TOKEN_DECRYPTION_FAILED,
            C.SUBJECT_UNEXPECTED,
        ),
        RefusalText(
            "dockmesh and {provider} do not fit together",
            "The settings of the two do not agree, so nobody can sign in this way.",
            "Tell your dockmesh administrator, and give them the reference below.",
            icon="cloud",
        ),
    ),
    (
        (C.NO_ROLE,),
        RefusalText(
            "You have no role here yet",
            "{provider} knows you, but none of your groups has a role in dockmesh.",
            "Ask your dockmesh administrator to add you to a group that has one, then start again.",
        ),
    ),
    (
        (C.GROUPS_ABSENT, C.GROUPS_MALFORMED),
        RefusalText(
            "Your groups are not known",
            "{provider} knows you, but did not say in a usable way which groups you are in. "
            "dockmesh does not guess.",
            "Ask your dockmesh administrator to let {provider} send your groups.",
        ),
    ),
    (
        (C.GROUPS_OVERAGE,),
        RefusalText(
            "You are in too many groups",
            "You are in more groups than {provider} sends along, so your roles are not known.",
            "Ask your dockmesh administrator to let {provider} send only the groups that matter "
            "to dockmesh.",
        ),
    ),
    (
        (C.USER_DISABLED,),
        RefusalText(
            "Your account is disabled",
            "An administrator has locked your account in dockmesh.",
            "Ask your dockmesh administrator to enable it.",
        ),
    ),
)

_BY_CODE: Final[Mapping[C, RefusalText]] = MappingProxyType(
    {code: text for codes, text in _GROUPS for code in codes}
)


def _branch(error: AuthError) -> tuple[int, RefusalText]:
    for branch, status, text in _BY_BRANCH:
        if isinstance(error, branch):
            return status, text
    return 500, UNEXPECTED


def status_of(error: AuthError) -> int:
    """The HTTP status for *error*: its branch says who must act, and so does the status."""
    return _branch(error)[0]


def refusal_text(error: AuthError, provider: str | None) -> RefusalText:
    """The text for *error*.

    Args:
        error: What was raised.
        provider: The provider's name as people know it; None if no known provider is concerned.
    """
    text = _BY_CODE.get(error.code) or _branch(error)[1]
    return text.about(provider)
