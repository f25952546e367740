"""Who somebody is, and what is known of them besides."""

from __future__ import annotations

from attrs import field, frozen

from dockmesh_auth.domain.groups import Groups

__all__ = ["Identity", "Profile"]


@frozen
class Identity:
    """The one key of a person: issuer and subject (OpenID Connect Core 1.0, section 5.7).

    Compared code point by code point. Never an e-mail address, never a user name.

    Attributes:
        issuer: The provider's issuer.
        subject: The provider's name for the person, unique and never reassigned there.
    """

    issuer: str
    subject: str


@frozen(kw_only=True)
class Profile:
    """What a provider tells of a person: for display and for roles, never to identify them.

    Attributes:
        username: A name to show; may change and may be shared.
        display_name: The full name to show.
        email: An address to show; not verified, may be shared by several people.
        groups: The evidence for their groups.
    """

    username: str = ""
    display_name: str = ""
    email: str = field(default="", repr=False)
    groups: Groups
