"""A replica of the host: what the tests start several times, and kill."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import time
import uuid
from typing import Any

from sqlalchemy import event

from dockmesh_auth.domain.grants import Grant, Grants
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.store import SqlStore, open_store

ROLES = RoleCatalogue()


async def sign_in(store: SqlStore, task: dict[str, Any]) -> bool:
    opened = await store.sign_in(
        Identity(task["issuer"], task["subject"]),
        Profile(username="alice", groups=Groups.of(["group"])),
        Grants(
            Grant(ROLES.named(role), Scope.all_hosts(), claim_value="group")
            for role in task.get("roles", ["viewer"])
        ),
        provider="company",
        provider_session=None,
        token=Secret(uuid.uuid4().hex),
        user_id=str(uuid.uuid4()),
        policy=SessionPolicy(),
        now=task["now"],
    )
    return opened is not None and opened.is_new_user


def die_after(store: SqlStore, statements: int) -> None:
    """Be killed after that many statements; the commit counts as one."""
    seen = itertools.count(1)

    def die(*_: object) -> None:
        if next(seen) == statements:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store.engine, "after_cursor_execute", die)
    event.listen(store.engine, "commit", die)


async def main(task: dict[str, Any]) -> None:
    store = open_store(task["driver"], task["dsn"])
    if "die_after" in task:
        die_after(store, task["die_after"])
    await asyncio.sleep(max(0.0, task.get("start_at", 0.0) - time.time()))
    answers = await asyncio.gather(*(sign_in(store, task) for _ in range(task["sign_ins"])))
    await store.close()
    sys.stdout.write(str(sum(answers)))


asyncio.run(main(json.loads(sys.argv[1])))
