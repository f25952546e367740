"""Every error of dockmesh_auth, in one tree whose branches say who must act.

::

    AuthError
    ├── ConfigurationError    the operator, before the host starts
    ├── StorageError          the operator: the database cannot be used
    ├── PluginError           the author of a plugin
    ├── ProviderError         the identity provider: unreachable, or its answers are wrong
    ├── SignInRejected        nobody or the person: this one attempt is refused
    │   └── TokenRejected     ... because of its token
    └── AccessDenied          the operator or the provider's administrator: known, and may not enter

A leaf is a *code* (`ErrorCode`), not a class: callers tell branches apart, logs and tests tell
codes apart. Every code has a cause and a remedy (`explain`). No message, attribute or repr holds
a token, an authorization code, a cookie or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from dockmesh_auth.errors.codes import ErrorCode
from dockmesh_auth.errors.explanations import Explanation, explain

__all__ = [
    "AccessDenied",
    "AuthError",
    "ConfigurationError",
    "ErrorCode",
    "Explanation",
    "PluginError",
    "ProviderError",
    "SignInRejected",
    "StorageError",
    "TokenRejected",
    "explain",
]


class AuthError(Exception):
    """The root. Raised only as one of its branches.

    Args:
        code: The stable name of what happened.
        detail: One sentence with the evidence, for an operator. Never holds anything secret.
        provider: Slug of the provider concerned, if one is.
        plugin: Name of the plugin concerned, if one is.
        hook: Name of the hook concerned, if one is.
        evidence: What was seen and what was expected, for logs; safe to print.
    """

    code: ErrorCode
    detail: str
    provider: str | None
    plugin: str | None
    hook: str | None
    evidence: Mapping[str, str]

    def __init__(
        self,
        code: ErrorCode,
        detail: str = "",
        *,
        provider: str | None = None,
        plugin: str | None = None,
        hook: str | None = None,
        evidence: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.detail = detail or explain(code).cause
        self.provider = provider
        self.plugin = plugin
        self.hook = hook
        self.evidence = MappingProxyType(dict(evidence or {}))
        super().__init__(code, self.detail)

    @property
    def remedy(self) -> str:
        """What to do about it, and who does it."""
        return explain(self.code).remedy

    def __str__(self) -> str:
        where = [
            f"{name} {value}"
            for name, value in (
                ("provider", self.provider),
                ("plugin", self.plugin),
                ("hook", self.hook),
            )
            if value is not None
        ]
        suffix = f" ({', '.join(where)})" if where else ""
        return f"{self.code}: {self.detail}{suffix}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def again(self) -> Self:
        """The same error as a new object, with no traceback and no other error behind it.

        What is kept and raised for several people is raised anew for each: one object would
        collect the frames of all of them and be changed under the hands of the others.
        """
        copy = type(self)(
            self.code,
            self.detail,
            provider=self.provider,
            plugin=self.plugin,
            evidence=self.evidence,
        )
        copy.hook = self.hook
        return copy

    def about(self, provider: str) -> AuthError:
        """Name the provider, if nothing has named it yet. Returns the error itself."""
        if self.provider is None:
            self.provider = provider
        return self


class ConfigurationError(AuthError):
    """The operator must change the configuration or the installation; the host does not start.

    Attributes:
        location: `file:line:column` of the fault, if it stands in a file.
        others: The other faults that were found with it, in the order of the file.
    """

    location: str | None
    others: tuple[ConfigurationError, ...]

    def __init__(
        self,
        code: ErrorCode,
        detail: str = "",
        *,
        location: str | None = None,
        provider: str | None = None,
        plugin: str | None = None,
        evidence: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, detail, provider=provider, plugin=plugin, evidence=evidence)
        self.location = location
        self.others = ()

    def again(self) -> Self:
        """See `AuthError.again`."""
        copy = super().again()
        copy.location, copy.others = self.location, self.others
        return copy

    def __str__(self) -> str:
        text = super().__str__()
        own = f"{self.location}: {text}" if self.location else text
        return "\n".join((own, *map(str, self.others)))


class StorageError(AuthError):
    """The database cannot be reached, is locked, full or of another version. Fails closed."""


class PluginError(AuthError):
    """A plugin broke the contract. Only sign-ins through its providers are affected."""


class ProviderError(AuthError):
    """The identity provider cannot be reached or its answer breaks the specification."""


class SignInRejected(AuthError):  # noqa: N818 - an event, not a fault of ours
    """This attempt is refused; the next one may succeed."""


class TokenRejected(SignInRejected):
    """The token of this attempt is refused (OpenID Connect Core 1.0, section 3.1.3.7)."""


class AccessDenied(AuthError):  # noqa: N818 - a decision, not a fault of ours
    """The person is known and may not sign in."""
