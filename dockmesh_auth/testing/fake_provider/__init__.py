"""A real OpenID provider for tests and demonstrations, on this machine's own address.

::

    provider = FakeProvider(
        users=[FakeUser(name="alice", groups=("admins",))],
        clients=[FakeClient(client_id="dockmesh", client_secret="s3", redirect_uris=(CALLBACK,))],
    )
    with provider.serve():
        ...  # provider.issuer is up; a person or `testing.browser` can sign in

It signs with real keys and holds requests against the rules of the specifications. What a test
wants to go wrong is said by `faults` and `edits`; what another product does differently by a
`Shape`. It never runs anywhere but on 127.0.0.1, asks for no password and says so on its pages.
"""

from dockmesh_auth.testing.fake_provider.apis import Api, ApiCall
from dockmesh_auth.testing.fake_provider.grants import Grant, Problem
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser
from dockmesh_auth.testing.fake_provider.provider import FakeProvider
from dockmesh_auth.testing.fake_provider.shape import Lifetimes, Paths, PushedRequests, Shape
from dockmesh_auth.testing.fake_provider.state import EncryptionKey

__all__ = [
    "Api",
    "ApiCall",
    "EncryptionKey",
    "FakeClient",
    "FakeProvider",
    "FakeUser",
    "Grant",
    "Lifetimes",
    "Paths",
    "Problem",
    "PushedRequests",
    "Shape",
]
