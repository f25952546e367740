"""The laws of all hooks: no secret shown, nothing changed, nothing opened, always in time."""

from __future__ import annotations

import traceback
from typing import Final

import attrs

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.errors import AuthError
from dockmesh_auth.testing.contract.bad_tokens import BAD_TOKENS
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import Part, Registry, broken
from dockmesh_auth.testing.contract.faulty_answers import FAULTY_ANSWERS
from dockmesh_auth.testing.contract.places import ANSWERS, CONDUCT
from dockmesh_auth.testing.contract.watch import watched

__all__ = ["WHOLE"]

WHOLE: Final = Registry(Part.WHOLE)

_SHOWN: Final = "Logs are read by many, kept for long and sent to others; a token in one is a key."


async def _all_ways(bench: Bench) -> list[AuthError]:
    """A sign-in that succeeds, and some that are refused; their errors."""
    await bench.sign_in()
    endpoints = bench.endpoints_of_the_person()
    refusals = []
    for name in ("invalid-aud", "invalid-sig", "expired"):
        bad = BAD_TOKENS[name]
        bench.fake.edits.id_token = lambda draft, bad=bad: bad.spoil(draft, bench.fake)
        refusals.append(await bench.outcome())
    bench.fake.edits.id_token = None
    for endpoint in endpoints:
        for faulty in FAULTY_ANSWERS[:4]:
            bench.fake.faults.always(endpoint, faulty.fault)
            refusals.append(await bench.outcome())
        bench.fake.faults.clear()
    refusals.append(await bench.outcome(attrs.evolve(bench.person, groups=())))
    return [outcome for outcome in refusals if isinstance(outcome, AuthError)]


def _collect(bench: Bench) -> set[str]:
    """Everything secret of the sign-ins on *bench*, as it travels; filled while they run."""
    found: set[str] = set()
    secret = bench.fake.clients[0].client_secret
    assert secret is not None
    found.add(secret.reveal())

    def keep(answer: dict[str, object]) -> dict[str, object]:
        for name in ("access_token", "id_token", "refresh_token"):
            value = answer.get(name)
            if isinstance(value, str):
                found.add(value)
                found.update(part for part in value.split(".")[1:] if len(part) > 16)  # noqa: PLR2004
        found.update(bench.fake.grants_by_code)
        return answer

    bench.fake.edits.token_answer = keep
    return found


@WHOLE.add(why=_SHOWN, where=CONDUCT)
async def nothing_secret_is_printed(bench: Bench) -> None:
    """No token, code or secret is printed, logged or warned of, however a sign-in ends."""
    found = _collect(bench)
    with watched() as deeds:
        await _all_ways(bench)
    if any(secret in deeds.said for secret in found):
        broken("something secret was printed or logged")


@WHOLE.add(why=_SHOWN, where=CONDUCT)
async def nothing_secret_is_in_an_error(bench: Bench) -> None:
    """No token, code or secret is in an error: its text, evidence, notes or traceback."""
    found = _collect(bench)
    for refusal in await _all_ways(bench):
        text = "".join(
            (
                repr(refusal),
                str(refusal),
                str(dict(refusal.evidence)),
                *traceback.format_exception(refusal),
            )
        )
        if any(secret in text for secret in found):
            broken(f"something secret is in the error {refusal.code}")


@WHOLE.add(why=_SHOWN, where=CONDUCT)
async def nothing_secret_is_in_an_answer(bench: Bench) -> None:
    """No token, code or secret is in what a hook answers: claims, a profile, grants."""
    found = _collect(bench)
    signed_in = await bench.sign_in()
    text = repr(signed_in.profile) + signed_in.profile.email
    for answer in bench.recorder.answers.values():
        text += repr(answer) + (repr(dict(answer)) if isinstance(answer, Claims) else "")
    if any(secret in text for secret in found):
        broken("something secret is in what a hook answered")


@WHOLE.add(
    why="Whoever asks past `fetch` asks past the address rules, the time limit and the size limit.",
    where=CONDUCT,
)
async def nothing_is_opened(bench: Bench) -> None:
    """No hook opens a connection, a file or a process of its own."""
    with watched() as deeds:
        await _all_ways(bench)
    if deeds.seen:
        broken(f"a hook opened something itself: {', '.join(sorted(set(deeds.seen)))}")


@WHOLE.add(why="Standard output belongs to whoever runs the host.", where=CONDUCT)
async def nothing_is_printed(bench: Bench) -> None:
    """No hook prints anything of the person."""
    person = bench.person
    with watched() as deeds:
        await bench.sign_in()
    for text in (person.subject, person.email, person.full_name):
        if text and text in deeds.said_by_plugins:  # short ones stand in the host's log as well
            broken("what the provider tells of the person was printed or logged")


@WHOLE.add(why="The next hook, and the host, rely on what they hold.", where=CONDUCT)
async def arguments_are_left_alone(bench: Bench) -> None:
    """No hook changes what it is given: provider, metadata, tokens, claims, profile."""
    bench.recorder.compares_arguments = True
    await bench.outcome()
    await bench.outcome(attrs.evolve(bench.person, groups=()))
    if bench.recorder.changed:
        broken(f"a hook changed its arguments: {', '.join(sorted(bench.recorder.changed))}")


@WHOLE.add(
    why="Anything else is a fault of the plugin, and ends the sign-in of somebody who did nothing.",
    where=ANSWERS,
)
async def every_hook_gives_one_of_three_answers(bench: Bench) -> None:
    """Every hook answers None, a value of exactly its type, or an error of the contract."""
    # What the host makes of any other answer breaks the check.
    await _all_ways(bench)


@WHOLE.add(
    why="A person waits, and a thread is lost, for every call that does not return.",
    where=CONDUCT,
)
async def every_hook_answers_in_time(bench: Bench) -> None:
    """Every hook of the plugin answers within its deadline, whatever the provider says."""
    await _all_ways(bench)


@WHOLE.add(why="What one person's sign-in leaves behind meets the next one.", where=CONDUCT)
async def twenty_sign_ins_are_like_the_first(bench: Bench) -> None:
    """The twentieth sign-in of a person is like the first."""
    first = await bench.sign_in()
    for _ in range(19):
        last = await bench.sign_in()
    if last != first:
        broken("a later sign-in of the same person gave something else")
