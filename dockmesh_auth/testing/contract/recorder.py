"""What the hooks of a plugin answer, kept on the way to the host, and what they do to arguments."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs
from attrs import define, evolve, field

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.host.hooks import MAY_WAIT, Implementation
from dockmesh_auth.host.registry import LoadedPlugin
from dockmesh_auth.testing.fake_provider.grants import RecordedRequest

__all__ = ["Recorder", "picture"]


@define(eq=False)
class Recorder:
    """Stands between the host and a plugin.

    Attributes:
        answers: What each hook of the plugin itself answered or raised last, by hook.
        compares_arguments: Whether the arguments of each hook are compared before and after.
        changed: The hooks that changed an argument, then.
        requests: What comes in at the provider.
        asked: The endpoints that were asked while a hook was under way, by hook.
    """

    answers: dict[str, object] = field(factory=dict)
    compares_arguments: bool = False
    changed: set[str] = field(factory=set)
    requests: Sequence[RecordedRequest] = ()
    asked: dict[str, frozenset[str]] = field(factory=dict)

    def around(self, plugin: LoadedPlugin) -> LoadedPlugin:
        """*plugin* with everything that its hooks answer kept here."""
        hooks = {
            name: Implementation(name, self._keeping(name, hook.ask))
            for name, hook in plugin.hooks.items()
        }
        return evolve(plugin, hooks=hooks)

    def _keeping(self, hook: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any) -> Any:
            before = self._pictures(arguments)
            begun = len(self.requests)
            try:
                answer = ask(*arguments)
            except BaseException as error:
                self._keep(hook, error, arguments, before, begun)
                raise
            if hook in MAY_WAIT and inspect.isawaitable(answer):
                return self._awaited(hook, answer, arguments, before, begun)
            self._keep(hook, answer, arguments, before, begun)
            return answer

        return asked

    async def _awaited(
        self,
        hook: str,
        waiting: Awaitable[Any],
        arguments: tuple[Any, ...],
        before: list[str],
        begun: int,
    ) -> Any:
        try:
            answer = await waiting
        except BaseException as error:
            self._keep(hook, error, arguments, before, begun)
            raise
        self._keep(hook, answer, arguments, before, begun)
        return answer

    def _keep(
        self,
        hook: str,
        answer: object,
        arguments: tuple[Any, ...],
        before: list[str],
        begun: int,
    ) -> None:
        self.answers[hook] = answer
        self.asked[hook] = frozenset(request.endpoint for request in self.requests[begun:])
        if self._pictures(arguments) != before:
            self.changed.add(hook)

    def _pictures(self, arguments: tuple[Any, ...]) -> list[str]:
        return [picture(argument) for argument in arguments] if self.compares_arguments else []


def picture(value: object) -> str:
    """All that *value* holds, as text to compare; secrets are told apart and not shown."""
    if isinstance(value, Secret):
        return hashlib.sha256(value.reveal().encode()).hexdigest()
    if isinstance(value, Mapping):
        members = {str(name): picture(member) for name, member in value.items()}
        return f"{members} {_inside(value)}"
    if isinstance(value, tuple | frozenset | list):
        return str([picture(member) for member in value])
    return f"{type(value).__name__} {_inside(value) or repr(value)}"


def _inside(value: object) -> dict[str, str]:
    """What stands in *value* beside what it shows, if it is one of the contract's values."""
    kind = type(value)
    if attrs.has(kind):
        return {
            attribute.name: picture(getattr(value, attribute.name))
            for attribute in attrs.fields(kind)
        }
    if not kind.__module__.startswith("dockmesh_auth.domain."):
        return {}
    names = {name for base in kind.__mro__ for name in getattr(base, "__slots__", ())}
    names |= vars(value).keys() if hasattr(value, "__dict__") else set()
    return {name: picture(getattr(value, name, None)) for name in sorted(names)}
