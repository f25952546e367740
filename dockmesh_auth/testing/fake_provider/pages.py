"""The pages of a fake provider: plain, usable by keyboard, and never mistaken for a real one's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from starlette.responses import HTMLResponse

from dockmesh_auth.testing.fake_provider.people import FakeUser

__all__ = ["auto_post_page", "consent_page", "login_page", "message_page"]

_STYLE = """
:root { color-scheme: light dark; --bg: #f3f4f6; --card: #fff; --ink: #111827; --soft: #4b5563;
  --line: #d1d5db; --accent: #1d4ed8; --on: #fff; --warn-bg: #fef3c7; --warn: #78350f; }
@media (prefers-color-scheme: dark) { :root { --bg: #0b0f19; --card: #151b2b; --ink: #f3f4f6;
  --soft: #a8b3c7; --line: #334155; --accent: #93c5fd; --on: #0b0f19;
  --warn-bg: #3b2f0b; --warn: #fde68a; } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--bg); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: min(26rem, 100%); background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; padding: 1.5rem }
h1 { font-size: 1.25rem; margin: 0 0 .25rem }
p { margin: 0 0 1rem; color: var(--soft) }
.stand-in { background: var(--warn-bg); color: var(--warn); border-radius: 8px;
  padding: .5rem .75rem; font-size: .875rem }
form { margin: 0 0 .5rem }
button { width: 100%; text-align: left; font: inherit; color: inherit; background: none;
  border: 1px solid var(--line); border-radius: 8px; padding: .625rem .75rem; cursor: pointer }
button:hover { border-color: var(--accent) }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
button.main, button.away { text-align: center }
button.away { border-color: transparent; color: var(--soft) }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on);
  font-weight: 600 }
button small { display: block; color: var(--soft) }
ul { margin: 0 0 1rem; padding-left: 1.25rem }
"""

_CANCEL = '<button class="away">Cancel</button>\n'

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>{title} - {name} (stand-in)</title>
<style>{style}</style>
</head>
<body>
<main>
<p class="stand-in" role="note"><strong>Stand-in</strong>, not a real identity provider:
no password is asked for.</p>
<h1>{title}</h1>
{content}
</main>
{script}</body>
</html>
"""


def _page(
    name: str, title: str, content: str, *, status: int = 200, script: str = ""
) -> HTMLResponse:
    text = _PAGE.format(
        title=escape(title), name=escape(name), style=_STYLE, content=content, script=script
    )
    return HTMLResponse(text, status, {"cache-control": "no-store"})


def _hidden(fields: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">\n'
        for key, value in fields
    )


def _form(action: str, fields: Iterable[tuple[str, str]], buttons: str) -> str:
    return f'<form method="post" action="{escape(action)}">\n{_hidden(fields)}{buttons}</form>\n'


def login_page(
    name: str, client: str, action: str, request: str, users: Sequence[FakeUser]
) -> HTMLResponse:
    """The page where one picks who to be."""
    rows = "".join(_form(action, [("request", request), ("user", u.name)], _pick(u)) for u in users)
    cancel = _form(action, [("request", request), ("cancel", "1")], _CANCEL)
    intro = f"<p>to go on to <strong>{escape(client)}</strong>. Who are you?</p>\n"
    return _page(name, f"Sign in to {name}", intro + rows + cancel)


def _pick(user: FakeUser) -> str:
    groups = ", ".join(user.groups) or "in no group"
    # The accessible name of the button is the user name and what it brings.
    return f"<button>{escape(user.name)}<small>{escape(groups)}</small></button>\n"


def consent_page(
    name: str, client: str, action: str, request: str, scopes: Sequence[str]
) -> HTMLResponse:
    """The page that asks whether the client may know."""
    listed = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    intro = f"<p><strong>{escape(client)}</strong> asks for:</p>\n<ul>{listed}</ul>\n"
    agree = '<button class="main">Continue</button>\n'
    fields = [("request", request)]
    yes = _form(action, [*fields, ("consent", "yes")], agree)
    no = _form(action, [*fields, ("cancel", "1")], _CANCEL)
    return _page(name, "May this application know who you are?", intro + yes + no)


def auto_post_page(name: str, action: str, fields: Sequence[tuple[str, str]]) -> HTMLResponse:
    """The page that sends the authorization response by POST.

    OAuth 2.0 Form Post Response Mode, section 2.
    """
    form = _form(action, fields, '<button class="main">Continue</button>\n')
    script = "<script>document.forms[0].submit()</script>\n"
    return _page(name, "Going back", form, script=script)


def message_page(name: str, title: str, text: str, status: int = 200) -> HTMLResponse:
    """A page that ends here."""
    return _page(name, title, f"<p>{escape(text)}</p>\n", status=status)
