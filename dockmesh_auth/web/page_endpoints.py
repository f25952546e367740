"""The pages for people: login, who am I, sign out."""

from __future__ import annotations

from attrs import frozen
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import Session
from dockmesh_auth.errors import SignInRejected
from dockmesh_auth.web.journal import record_unmeant_sign_out
from dockmesh_auth.web.pages import link, start_path
from dockmesh_auth.web.parameters import parse_parameters, read_form
from dockmesh_auth.web.refusals import HOLD_AFTER_END
from dockmesh_auth.web.sign_out_proof import comes_from_elsewhere, proof_for, proves
from dockmesh_auth.web.site import Site, cookies_of, current_session, return_address

__all__ = ["PageEndpoints"]


@frozen
class PageEndpoints:
    """The pages for people."""

    site: Site

    async def login(self, request: Request) -> Response:
        """GET /login. Sends nobody on by itself: this is where loops end."""
        return self.site.pages.login(
            request,
            self.site.host.providers.values(),
            return_to=return_address(request),
            session=await current_session(self.site.host, request.headers),
            signed_out=_has(request, "signed_out"),
        )

    async def who_am_i(self, request: Request) -> Response:
        """GET /. Signed out, it leads to the login page, or to the one provider that is set so."""
        session = await current_session(self.site.host, request.headers)
        if session is None:
            return RedirectResponse(link(request, self._way_in(request)), 303)
        name = self.site.provider_name(session.provider) or session.provider
        return self.site.pages.who_am_i(request, session, name)

    async def logout(self, request: Request) -> Response:
        """GET /logout. Asks; a page elsewhere that points here ends no session."""
        token, session = await self._signed_in(request)
        if token is None or session is None:
            return RedirectResponse(link(request, "/login"), 303)
        return self._ask(request, token, session, unconfirmed=False)

    async def end_session(self, request: Request) -> Response:
        """POST /logout. Ends the session here, if our own page asks for it."""
        token, session = await self._signed_in(request)
        if token is not None and session is not None:
            doubt = await self._doubt(request, token)
            if doubt is not None:
                record_unmeant_sign_out(doubt)
                return self._ask(request, token, session, unconfirmed=True)
            await self.site.host.end_session(token)
        response = RedirectResponse(link(request, "/login?signed_out=1"), 303)
        if session is not None:
            self.site.cookies.drop_session(response)
            self.site.cookies.hold(response, HOLD_AFTER_END)
        return response

    def _way_in(self, request: Request) -> str:
        automatic = [item for item in self.site.host.providers.values() if _is_automatic(item)]
        if len(automatic) != 1 or self.site.cookies.held(cookies_of(request.headers)):
            return "/login"
        return start_path(automatic[0].slug, None)

    async def _signed_in(self, request: Request) -> tuple[Secret | None, Session | None]:
        token = self.site.cookies.session_token(cookies_of(request.headers))
        return token, None if token is None else await self.site.host.read_session(token)

    def _ask(
        self, request: Request, token: Secret, session: Session, *, unconfirmed: bool
    ) -> Response:
        return self.site.pages.logout(
            request,
            session,
            self.site.provider_name(session.provider),
            proof=proof_for(token),
            unconfirmed=unconfirmed,
        )

    async def _doubt(self, request: Request, token: Secret) -> str | None:
        """Why the request was not meant, if it was not."""
        if comes_from_elsewhere(request.headers, self.site.host.config.base_url):
            return "the browser says that another site sent it"
        try:
            form = await read_form(request)
        except SignInRejected:
            return "it has no form"
        proofs = [value for name, value in form if name == "proof"]
        if len(proofs) != 1 or not proves(proofs[0], token):
            return "its proof is not this session's"
        return None


def _is_automatic(provider: Provider) -> bool:
    return provider.auto_login


def _has(request: Request, name: str) -> bool:
    try:
        return any(found == name for found, _ in parse_parameters(request.scope["query_string"]))
    except SignInRejected:
        return False
