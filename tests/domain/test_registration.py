"""Who may come in, and how admins decide over those who ask."""

import pytest

from lemmy_lite.domain import registration, site_settings
from lemmy_lite.domain import site as sites
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import ApplicationDecided
from lemmy_lite.model.paging import Page
from lemmy_lite.model.registration import RegistrationApplicationView
from lemmy_lite.model.site import RegistrationMode, SiteForm
from lemmy_lite.storage.tables import local_user
from tests.domain.accounts import Door, at_the_door


async def _apply(door: Door, name: str, answer: str = "I like birds", **fields: str) -> RegistrationApplicationView:
    await door.settings(registration_mode="RequireApplication")
    assert await door.register(name, answer=answer, **fields) is None
    account = await door.database.read(local_user.by_name_or_email, name)
    assert account is not None
    return await door.database.read(registration.of_person, door.admin, account.person_id)


async def _decide(door: Door, view: RegistrationApplicationView, approve: bool, reason: str | None = None) -> RegistrationApplicationView:
    number = view.registration_application.id
    return await door.database.write(registration.decide, door.admin, number, approve=approve, deny_reason=reason)


async def _users(door: Door) -> int:
    return (await door.database.read(sites.view)).counts.users


async def _waiting(door: Door, *, undecided_only: bool = True) -> list[str]:
    found = await door.database.read(registration.listing, door.admin, Page(limit=50), undecided_only=undecided_only)
    return [view.creator.name for view in found]


def test_an_applicant_waits_until_an_admin_has_accepted(database_url: str) -> None:
    async def story(door: Door) -> None:
        before = await _users(door)
        view = await _apply(door, "ada")
        assert (view.registration_application.answer, view.creator.name, view.admin) == ("I like birds", "ada", None)
        with pytest.raises(LemmyError, match="registration_application_is_pending"):
            await door.login("ada")
        assert await _users(door) == before
        decided = await _decide(door, view, True)
        assert decided.admin is not None
        assert (decided.admin.id, decided.creator_local_user.accepted_application) == (door.admin.id, True)
        assert await door.login("ada")
        assert await _users(door) == before + 1
        assert door.told(ApplicationDecided) == [
            ApplicationDecided(actor_id=door.admin.id, local_user_id=view.creator_local_user.id, approved=True)
        ]

    at_the_door(database_url, story)


def test_who_is_refused_learns_the_reason_and_may_be_accepted_after_all(database_url: str) -> None:
    async def story(door: Door) -> None:
        view = await _apply(door, "ada")
        await _decide(door, view, False, "No poets")
        with pytest.raises(LemmyError, match="registration_denied") as refusal:
            await door.login("ada")
        assert refusal.value.message == "No poets"
        assert (await _decide(door, view, False)).registration_application.deny_reason == "No poets"
        assert (await _decide(door, view, True, "")).registration_application.deny_reason is None
        assert await door.login("ada")

    at_the_door(database_url, story)


def test_who_is_refused_after_all_is_logged_out_and_counted_no_more(database_url: str) -> None:
    async def story(door: Door) -> None:
        before = await _users(door)
        view = await _apply(door, "ada")
        await _decide(door, view, True)
        token = await door.login("ada")
        await _decide(door, view, False)
        await _decide(door, view, False)
        assert await door.whose(token) is None
        assert await _users(door) == before

    at_the_door(database_url, story)


def test_those_who_wait_are_listed_in_their_turn_and_all_by_the_newest_first(database_url: str) -> None:
    async def story(door: Door) -> None:
        views = [await _apply(door, name) for name in ("ada", "bob", "eve")]
        await _decide(door, views[1], False)
        assert await _waiting(door) == ["ada", "eve"]
        assert await _waiting(door, undecided_only=False) == ["eve", "bob", "ada"]
        assert await door.database.read(registration.count_undecided, door.admin) == 2
        found = await door.database.read(registration.listing, door.admin, Page(limit=1, number=2), undecided_only=True)
        assert [view.creator.name for view in found] == ["eve"]

    at_the_door(database_url, story)


def test_where_addresses_are_demanded_who_has_not_proven_one_is_no_applicant_yet(database_url: str) -> None:
    async def story(door: Door) -> None:
        view = await _apply(door, "ada", email="ada@mail.test")
        await door.settings(require_email_verification=True)
        assert await _waiting(door) == []
        assert await door.database.read(registration.count_undecided, door.admin) == 0
        await door.database.write(lambda tx: local_user.update(tx, view.creator_local_user.id, email_verified=True))
        assert await _waiting(door) == ["ada"]
        assert await door.database.read(registration.count_undecided, door.admin) == 1

    at_the_door(database_url, story)


def test_only_admins_read_and_decide(database_url: str) -> None:
    async def story(door: Door) -> None:
        user = await door.user("bob")
        view = await _apply(door, "ada")
        for refused in (
            door.database.write(registration.decide, user.person, view.registration_application.id, approve=True),
            door.database.read(registration.of_person, user.person, view.creator.id),
            door.database.read(registration.listing, user.person, Page(), undecided_only=False),
            door.database.read(registration.count_undecided, user.person),
        ):
            with pytest.raises(LemmyError, match="not_an_admin"):
                await refused

    at_the_door(database_url, story)


def test_those_who_waited_under_an_earlier_rule_are_counted_when_the_new_one_lets_them_in(database_url: str) -> None:
    async def story(door: Door) -> None:
        before = await _users(door)
        await _apply(door, "ada")
        for mode in (RegistrationMode.OPEN, RegistrationMode.REQUIRE_APPLICATION):
            form = SiteForm(registration_mode=mode, application_question="Why?")
            await door.database.write(site_settings.edit, door.context, door.admin, form)
        assert await door.login("ada")
        assert await _users(door) == before + 1

    at_the_door(database_url, story)


@pytest.mark.parametrize(
    ("settings", "fields", "code"),
    [
        ({"registration_mode": "Closed"}, {}, "registration_closed"),
        ({"registration_mode": "RequireApplication"}, {}, "registration_application_answer_required"),
        ({"registration_mode": "RequireApplication"}, {"answer": ""}, "registration_application_answer_required"),
        ({"slur_filter_regex": "silly"}, {"answer": "silly me"}, "slurs"),
        ({}, {"honeypot": "honey"}, "honeypot_failed"),
    ],
)
def test_who_may_not_come_in_is_told_why(settings: dict[str, str], fields: dict[str, str], code: str, database_url: str) -> None:
    async def story(door: Door) -> None:
        await door.settings(**settings)
        with pytest.raises(LemmyError, match=code):
            await door.register("ada", **fields)
        assert await door.database.read(local_user.by_name_or_email, "ada") is None

    at_the_door(database_url, story)
