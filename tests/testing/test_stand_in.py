"""Stand-ins that are made of a fake provider."""

from __future__ import annotations

import json

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import FakeUser, Shape
from dockmesh_auth.testing.stand_in import StandIn, build_stand_in

CALLBACK = "http://127.0.0.1:1/auth/oidc/callback"


def test_it_has_all_that_a_demonstration_asks_for() -> None:
    """A client of its own, with a secret that is made for it and never shown."""
    ada = FakeUser(name="ada", groups=("red",))
    made: StandIn = build_stand_in(
        Shape(issuer_path="/main"),
        redirect_uris=[CALLBACK],
        users=[ada],
        client_id="mesh",
        spelled="/{}".format,
        settings={"organisation": "7"},
    )
    again = build_stand_in(Shape(), redirect_uris=[CALLBACK], users=[ada])

    assert (made.client_id, list(made.users)) == ("mesh", [ada])
    assert (made.claim_value("red"), again.claim_value("red")) == ("/red", "red")
    assert (made.settings, again.settings) == ({"organisation": "7"}, {})
    secret = made.client_secret.reveal()
    assert len(secret) >= 64
    assert secret != again.client_secret.reveal()
    assert secret not in repr(made)


def test_it_is_served_under_its_issuer() -> None:
    """For as long as the block lasts."""
    made = build_stand_in(Shape(issuer_path="/main"), redirect_uris=[CALLBACK], users=[])
    with made.serve():
        page = Browser().get(f"{made.issuer}/.well-known/openid-configuration")
    assert json.loads(page.text)["issuer"] == made.issuer
    assert made.issuer.startswith("http://127.0.0.1:")
