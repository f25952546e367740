"""Plugins that describe themselves badly."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import attrs

from dockmesh_auth import OptionType, PluginOption
from tests.contract.mutants.families import STRICT
from tests.contract.mutants.mutant import instead, wrong


def describes(plugin, **changes):
    """Another description; an option is put beside those that there are."""
    right = plugin.description

    @instead(plugin)
    def description():
        return attrs.evolve(right(), **changes)


def offers(plugin, **option):
    words = {"description": "What it is good for."}
    describes(plugin, options=(PluginOption(name="extra", **(words | option)),))


@wrong(STRICT, "the-name-is-a-word")
def has_a_name_with_blanks(plugin):
    describes(plugin, name="Strict Identity")


@wrong(STRICT, "the-name-is-a-word")
def has_a_name_in_capitals(plugin):
    describes(plugin, name="STRICT")


@wrong(STRICT, "the-display-name-can-be-read")
def has_no_name_to_show(plugin):
    describes(plugin, display_name=" ")


@wrong(STRICT, "the-display-name-can-be-read")
def has_a_name_that_turns_the_line_around(plugin):
    describes(plugin, display_name="Strict \u202eytitnedI")


@wrong(STRICT, "the-contract-version-is-this-hosts")
def was_written_for_another_contract(plugin):
    describes(plugin, contract_version=2)


@wrong(STRICT, "it-describes-itself-the-same-way-twice")
def describes_itself_differently_each_time(plugin):
    right, count = plugin.description, itertools.count()

    @instead(plugin)
    def description():
        return attrs.evolve(right(), display_name=f"Strict Identity {next(count)}")


@wrong(STRICT, "openid-is-asked-for")
def does_not_ask_for_openid(plugin):
    describes(plugin, scopes=("profile", "email"))


@wrong(STRICT, "scopes-are-scopes")
def writes_scopes_as_one_text(plugin):
    describes(plugin, scopes=("openid", "profile email"))


@wrong(STRICT, "no-refresh-token-is-asked-for")
def asks_for_a_refresh_token(plugin):
    describes(plugin, scopes=("openid", "profile", "offline_access"))


@wrong(STRICT, "people-are-not-known-by-a-name")
def knows_people_by_a_claim_that_changes_hands(plugin):
    describes(plugin, subject_claim="upn")


@wrong(STRICT, "people-are-not-known-by-a-name")
def knows_people_by_the_claim_email(plugin):
    describes(plugin, subject_claim="email")


@wrong(STRICT, "hosts-are-names-of-hosts")
def asks_this_machine(plugin):
    describes(plugin, hosts=("127.0.0.1:9000",))


@wrong(STRICT, "hosts-are-names-of-hosts")
def asks_a_machine_next_door(plugin):
    describes(plugin, hosts=("metadata",))


@wrong(STRICT, "options-are-explained")
def does_not_explain_an_option(plugin):
    offers(plugin, description="Extra.")


@wrong(STRICT, "options-have-good-defaults")
def has_a_choice_without_a_default(plugin):
    offers(plugin, type=OptionType.CHOICE, choices=("a", "b"))


@wrong(STRICT, "options-have-good-defaults")
def has_a_default_that_is_no_choice(plugin):
    offers(plugin, type=OptionType.CHOICE, choices=("a", "b"), default="c")


@wrong(STRICT, "options-hold-no-secret")
def takes_a_secret_as_an_option(plugin):
    describes(
        plugin, options=(PluginOption(name="api_token", description="The key of the interface."),)
    )


@wrong(STRICT, "describing-asks-nobody")
def prints_when_it_is_described(plugin):
    right = plugin.description

    @instead(plugin)
    def description():
        sys.stdout.write("Strict Identity 1.0")
        return right()


@wrong(STRICT, "describing-asks-nobody")
def reads_its_settings_when_it_is_described(plugin):
    right = plugin.description

    @instead(plugin)
    def description():
        Path("/dev/null").read_text(encoding="utf-8")
        return right()


@wrong(STRICT, "the-name-is-not-the-built-ins")
def takes_the_name_of_the_built_in(plugin):
    describes(plugin, name="oidc")
