"""What a plugin implements: found and checked by pluggy, then bound once for fast calls.

pluggy's own call would ask every registered plugin in the order of their installation. Here a
provider's plugin is asked alone, so the calls are bound at start: which function, which of the
hook's arguments. See docs/decisions/0003-bound-hooks.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Final

import pluggy
from attrs import field, frozen

from dockmesh_auth import hookspecs
from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.hookspecs import NAME

__all__ = [
    "ARGUMENTS",
    "MAY_WAIT",
    "Implementation",
    "Implemented",
    "check_witness",
    "implementations_of",
]

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(inspect.signature(getattr(hookspecs, name)).parameters)
    for name in hookspecs.__all__
    if name.startswith(f"{NAME}_")
}
"""The hooks and their arguments in order."""

MAY_WAIT: Final = frozenset(
    {"dockmesh_auth_discover", "dockmesh_auth_fetch_user", "dockmesh_auth_extract_claims"}
)
"""The hooks that may be `async def`; the others are pure and synchronous."""


@frozen
class Implementation:
    """One hook of one plugin.

    Attributes:
        hook: The hook's name.
        ask: Calls it with all of the hook's arguments in order; it gets those that it names.
    """

    hook: str
    ask: Callable[..., Any] = field(repr=False)


@frozen
class Implemented:
    """What a plugin implements.

    Attributes:
        hooks: Its implementations by hook name.
        notices: What of it the contract will not have any more: the warnings of hooks and
            arguments that are deprecated, in words for the plugin's author.
    """

    hooks: Mapping[str, Implementation]
    notices: tuple[str, ...] = ()


def implementations_of(module: object, manager: pluggy.PluginManager, plugin: str) -> Implemented:
    """The hooks that *module* implements.

    Args:
        module: The plugin.
        manager: One of its own, which knows the specifications.
        plugin: Its name.

    Raises:
        PluginError: One is misspelt, unmarked, has a wrong argument, is a wrapper, is implemented
            twice, or waits where it must not; or one is deprecated and Python makes errors of
            warnings.
    """
    _check_marks(module, plugin)
    try:
        manager.register(module, plugin)
        callers = manager.get_hookcallers(module) or []
    except (pluggy.PluginValidationError, ValueError, Warning) as error:
        raise _bad(plugin, str(error)) from None
    found: dict[str, Implementation] = {}
    notices: list[str] = []
    for caller in callers:
        if not caller.has_spec():
            known = ", ".join(sorted(ARGUMENTS))
            raise _bad(plugin, f"there is no hook {caller.name!r}; there are: {known}")
        if len(caller.get_hookimpls()) > 1:
            raise _bad(plugin, f"it implements {caller.name} twice")
        for implementation in caller.get_hookimpls():
            found[caller.name] = _bound(caller.name, implementation, plugin)
            notices.extend(_notices(caller.spec, implementation))
    return Implemented(found, tuple(notices))


def _notices(specification: Any, implementation: pluggy.HookImpl) -> Iterator[str]:
    # What pluggy has just warned of. Read from where it reads it: to catch the warnings themselves,
    # the whole process's would have to be diverted, while a plugin's code runs.
    if specification.warn_on_impl is not None:
        yield f"{implementation.function.__name__}: {specification.warn_on_impl}"
    deprecated = specification.warn_on_impl_args or {}
    for argument in implementation.argnames:
        if argument in deprecated:
            yield f"{implementation.function.__name__}({argument}): {deprecated[argument]}"


def check_witness(hooks: Mapping[str, Implementation], plugin: str, *, id_token: bool) -> None:
    """Hold *hooks* against what the description says of who names the person.

    Raises:
        PluginError: `PLUGIN_BAD_HOOK`: the hook that would be asked is missing, or there is one
            that never would be.
    """
    validates, fetches = (f"{NAME}_{hook}" in hooks for hook in ("validate_token", "fetch_user"))
    if id_token and fetches:
        raise _bad(
            plugin,
            f"{NAME}_fetch_user is only asked where the description says `id_token=False`",
        )
    if not id_token and validates:
        raise _bad(
            plugin,
            f"{NAME}_validate_token is never asked, since the description says `id_token=False`",
        )
    if not id_token and not fetches:
        raise _bad(
            plugin,
            f"without ID tokens it needs {NAME}_fetch_user to say who signs in",
        )


def _check_marks(module: object, plugin: str) -> None:
    for name, value in vars(module).items() if hasattr(module, "__dict__") else ():
        if not name.startswith(f"{NAME}_") or not inspect.isfunction(value):
            continue
        if value.__module__ != hookspecs.__name__ and not hasattr(value, f"{NAME}_impl"):
            raise _bad(plugin, f"{name} lacks the mark @hookimpl")


def _bound(hook: str, implementation: pluggy.HookImpl, plugin: str) -> Implementation:
    if implementation.wrapper or implementation.hookwrapper:
        raise _bad(plugin, f"{hook} is a wrapper; a plugin answers for its own providers only")
    function: Callable[..., Any] = implementation.function
    if inspect.iscoroutinefunction(function) and hook not in MAY_WAIT:
        raise _bad(plugin, f"{hook} must not be `async def`: it is pure")
    all_names = ARGUMENTS[hook]
    wanted = [all_names.index(name) for name in implementation.argnames]
    if wanted == list(range(len(all_names))):
        return Implementation(hook, function)
    return Implementation(hook, _with_some(function, wanted))


def _with_some(function: Callable[..., Any], wanted: list[int]) -> Callable[..., Any]:
    if not wanted:
        return lambda *_: function()
    pick = itemgetter(*wanted)
    if len(wanted) == 1:
        return lambda *arguments: function(pick(arguments))
    return lambda *arguments: function(*pick(arguments))


def _bad(plugin: str, detail: str) -> PluginError:
    return PluginError(ErrorCode.PLUGIN_BAD_HOOK, detail, plugin=plugin)
