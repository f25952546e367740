"""Plugins that read groups wrong."""

from __future__ import annotations

from dockmesh_auth import Groups, ProviderError, fetch_json
from tests.contract.mutants.families import DIRECTORY, FORGE, STRICT
from tests.contract.mutants.mutant import instead, wrong


def reads_teams(plugin, read):
    """Another way to read the claim of the groups."""

    @instead(plugin)
    def read_teams(claims):
        return read(claims.get("teams"))


@wrong(STRICT, "the-group-gives-its-role")
def reads_another_claim(plugin):
    @instead(plugin)
    def read_teams(claims):
        return Groups.of(claims.get("groups") or ())


@wrong(STRICT, "the-group-gives-its-role")
def gives_the_last_row_as_well(plugin):
    @instead(plugin)
    def grants_of(provider, profile):
        rows = [row.claim_value for row in provider.mappings.rows]
        return provider.mappings.resolve([*profile.groups.names, *rows[-1:]])


@wrong(STRICT, "no-group-no-role")
def expects_a_group(plugin):
    @instead(plugin)
    def grants_of(provider, profile):
        names = profile.groups.names
        return provider.mappings.resolve(
            sorted(names, key=lambda name: name != names[0]) or names[0]
        )


@wrong(STRICT, "no-group-no-role")
def puts_everybody_into_the_first_group(plugin):
    @instead(plugin)
    def grants_of(provider, profile):
        rows = [row.claim_value for row in provider.mappings.rows]
        return provider.mappings.resolve(profile.groups.names or rows[:1])


@wrong(STRICT, "claims-that-are-names-in-one-text")
def splits_texts_at_commas(plugin):
    def read(teams):
        names = teams.split(",") if isinstance(teams, str) else teams or ()
        return Groups.of([name.strip() for name in names if isinstance(name, str)])

    reads_teams(plugin, read)


@wrong(STRICT, "a-group-that-only-looks-alike-gives-nothing")
def makes_names_small(plugin):
    reads_teams(plugin, lambda teams: Groups.of([name.lower() for name in teams]))


@wrong(STRICT, "a-group-that-only-looks-alike-gives-nothing")
def trims_names(plugin):
    reads_teams(plugin, lambda teams: Groups.of([name.strip() for name in teams]))


@wrong(STRICT, "a-group-that-only-looks-alike-gives-nothing")
def matches_the_beginning_of_names(plugin):
    @instead(plugin)
    def grants_of(provider, profile):
        rows = [row.claim_value for row in provider.mappings.rows]
        known = [row for row in rows if row and str(profile.groups.names).count(f"'{row}")]
        return provider.mappings.resolve(known)


@wrong(STRICT, "the-order-of-groups-changes-nothing")
def takes_the_first_group_only(plugin):
    reads_teams(plugin, lambda teams: Groups.of(teams[:1]))


@wrong(STRICT, "claims-that-are-list-of-numbers")
def expects_a_list_of_texts(plugin):
    reads_teams(plugin, lambda teams: Groups.of([name.removeprefix("/") for name in teams]))


@wrong(STRICT, "claims-that-are-text")
def expects_a_list(plugin):
    reads_teams(plugin, lambda teams: Groups.of(teams.__add__(("everybody",))))


@wrong(STRICT, "claims-that-are-empty-list")
def expects_a_first_group(plugin):
    reads_teams(plugin, lambda teams: Groups.of((teams[0], *teams)))


@wrong(STRICT, "claims-that-are-list-of-objects")
def takes_any_text_in_a_group_for_its_name(plugin):
    def read(teams):
        known = teams if isinstance(teams, tuple) else ()
        return Groups.of([t if isinstance(t, str) else next(iter(t.values())) for t in known])

    reads_teams(plugin, read)


@wrong(STRICT, "claims-that-are-list-of-lists")
def flattens_lists(plugin):
    def flat(value):
        return [value] if isinstance(value, str) else [text for it in value for text in flat(it)]

    reads_teams(plugin, lambda teams: Groups.of(flat(teams)))


@wrong(STRICT, "claims-that-are-deep-object")
def fails_on_an_object(plugin):
    def read(teams):
        if not isinstance(teams, str) and teams is not None:
            teams = teams[0:]
        return Groups.of(()) if not isinstance(teams, tuple) else Groups.of(teams)

    reads_teams(plugin, read)


@wrong(STRICT, "groups-that-cannot-be-read-give-no-default-role")
def takes_what_it_cannot_read_for_no_groups(plugin):
    reads_teams(
        plugin,
        lambda teams: Groups.of(
            [name for name in teams if isinstance(name, str)] if isinstance(teams, tuple) else ()
        ),
    )


@wrong(STRICT, "groups-that-are-only-referred-to-give-no-default-role")
def takes_groups_that_stand_elsewhere_for_none(plugin):
    right = plugin.read_teams

    @instead(plugin)
    def read_teams(claims):
        return right(claims) if "teams" in claims else Groups.of(())


@wrong(STRICT, "a-group-that-is-left-gives-nothing-any-more")
def never_forgets_a_group(plugin):
    right, known = plugin.read_teams, {}

    @instead(plugin)
    def read_teams(claims):
        names = known.setdefault(claims.subject, set())
        names.update(right(claims).names)
        return Groups.of(sorted(names))


@wrong(STRICT, "nothing-is-kept-from-person-to-person")
def collects_groups_in_a_global(plugin):
    right, collected = plugin.read_teams, []

    @instead(plugin)
    def read_teams(claims):
        collected.extend(right(claims).names)
        return Groups.of(collected)


@wrong(STRICT, "nothing-is-kept-from-person-to-person")
def keeps_profiles_by_full_name(plugin):
    right, kept = plugin.dockmesh_auth_extract_claims, {}

    @instead(plugin)
    def dockmesh_auth_extract_claims(claims):
        return kept.setdefault(claims.text("name"), right(claims))


# --- groups that are fetched -------------------------------------------------------------------


def reads_groups(plugin, read):
    """Another way to fetch the groups."""

    @instead(plugin)
    async def read_groups(provider, fetch):
        return await read(provider, fetch)


@wrong(DIRECTORY, "many-groups-are-all-known-or-refused")
def reads_the_first_page_only(plugin):
    async def read(provider, fetch):
        page = await fetch_json(fetch, f"{provider.issuer}/memberships")
        return Groups.of(plugin.names_on(page))

    reads_groups(plugin, read)


@wrong(DIRECTORY, "many-groups-are-all-known-or-refused")
def keeps_the_last_page_only(plugin):
    async def read(provider, fetch):
        names = ()
        async for page in plugin.fetch_pages(
            fetch, f"{provider.issuer}/memberships", next_page=plugin.next_by_member("next")
        ):
            names = plugin.names_on(page)
        return Groups.of(names)

    reads_groups(plugin, read)


@wrong(DIRECTORY, "many-groups-are-all-known-or-refused")
def cuts_a_long_list_off(plugin):
    right = plugin.read_groups

    async def read(provider, fetch):
        groups = await right(provider, fetch)
        return groups if len(groups.names) <= 200 else Groups.of(groups.names[:200])

    reads_groups(plugin, read)


@wrong(DIRECTORY, "person-outage")
def takes_an_outage_for_no_groups(plugin):
    right = plugin.read_groups

    async def read(provider, fetch):
        try:
            return await right(provider, fetch)
        except ProviderError:
            return Groups.of(())

    reads_groups(plugin, read)


@wrong(DIRECTORY, "person-outage")
def gives_every_group_when_the_interface_fails(plugin):
    right = plugin.read_groups

    async def read(provider, fetch):
        try:
            return await right(provider, fetch)
        except ProviderError:
            return Groups.of([row.claim_value for row in provider.mappings.rows])

    reads_groups(plugin, read)


@wrong(FORGE, "person-gone")
def takes_not_found_for_no_groups(plugin):
    async def read(provider, fetch):
        answer = await fetch(f"{provider.issuer}/teams", with_access_token=True)
        return Groups.of(answer.frozen_json() if answer.status == 200 else ())

    reads_groups(plugin, read)


@wrong(FORGE, "person-garbage")
def takes_what_is_not_json_for_no_groups(plugin):
    async def read(provider, fetch):
        answer = await fetch(f"{provider.issuer}/teams", with_access_token=True)
        try:
            return Groups.of(answer.frozen_json())
        except ValueError:
            return Groups.of(())

    reads_groups(plugin, read)


@wrong(FORGE, "person-null")
def takes_null_for_no_groups(plugin):
    async def read(provider, fetch):
        return Groups.of(await fetch_json(fetch, f"{provider.issuer}/teams") or ())

    reads_groups(plugin, read)


@wrong(FORGE, "person-number")
def fails_on_a_number(plugin):
    async def read(provider, fetch):
        return Groups.of(sorted(await fetch_json(fetch, f"{provider.issuer}/teams")))

    reads_groups(plugin, read)


@wrong(FORGE, "person-refused")
def never_looks_at_the_status(plugin):
    async def read(provider, fetch):
        answer = await fetch(f"{provider.issuer}/teams", with_access_token=True)
        return Groups.of(answer.frozen_json() if answer.body else ())

    reads_groups(plugin, read)


@wrong(FORGE, "person-slow")
def gives_up_on_what_is_slow(plugin):
    right = plugin.read_groups

    async def read(provider, fetch):
        try:
            return await right(provider, fetch)
        except ProviderError as fault:
            if fault.code != "provider_timeout":
                raise
            return Groups.of(())

    reads_groups(plugin, read)
