"""The people of the demonstration: one of each role, one without a group, one in all of them."""

from __future__ import annotations

from typing import Final
from uuid import NAMESPACE_URL, uuid5

from dockmesh_auth.testing.fake_provider import FakeUser

__all__ = ["USERS", "person"]


def person(number: int, name: str, *groups: str, **attributes: str) -> FakeUser:
    """A user of Authentik: `number` is the primary key, the UUID follows from the name."""
    known = {"pk": str(number), "uuid": str(uuid5(NAMESPACE_URL, f"https://lab.example/{name}"))}
    return FakeUser(
        name=name,
        full_name=f"{name.title()} Lab",
        email=f"{name}@lab.example",
        groups=groups,
        attributes=known | attributes,
    )


USERS: Final = (
    person(5, "alice", "dockmesh-admins"),
    person(6, "bob", "dockmesh-ops"),
    person(7, "carol", "dockmesh-ops-prod"),
    person(8, "dave", "dockmesh-viewers"),
    person(9, "erin"),
    person(10, "frank", "dockmesh-admins", "dockmesh-ops", "dockmesh-ops-prod", "dockmesh-viewers"),
)
