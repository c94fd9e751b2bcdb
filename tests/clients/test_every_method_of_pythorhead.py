"""Every method of pythorhead that asks something of an instance is called once, and shows what it was called for."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

import pytest
from pythorhead import Lemmy
from pythorhead.classes.admin import LemmyRegistrationApplication
from pythorhead.classes.user import LemmyUser
from pythorhead.types import CommentSortType, FeatureType, LanguageType, ListingType, ModlogActionType, SearchType, SortType

from tests import instances
from tests.contract.scene import FAR, Scene
from tests.instances import ADMIN, PASSWORD
from tests.media import pictures

pytestmark = pytest.mark.client

BUCKETS = ("message", "post", "register", "image", "comment", "search")


class Stage:
    """The scene of the contract's tests, and those in it who come by pythorhead; `root` is the admin."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.url = scene.instance.url
        self.root = self.logged_in(ADMIN)
        self.member = self.logged_in("member")
        self.stranger = self.logged_in("stranger")

    def logged_in(self, name: str) -> Any:
        """Somebody by pythorhead, which raises what the instance refuses."""
        client = Lemmy(self.url, raise_exceptions=True, request_timeout=30)
        assert client.log_in(name, PASSWORD)
        return client

    def picture(self) -> Any:
        """What the member's upload of a new picture answers."""
        return self.member.image.upload(pictures.noise())[0]

    def application(self) -> Any:
        """One who waits to be let in, as pythorhead sees them."""
        number = self.scene.applicant()["application"]
        waiting = self.root.get_registration_applications(unread_only="true", limit=50)
        return next(each for each in waiting if each.id == number)

    def decided(self, number: int) -> Any:
        """How an application ended."""
        listed = self.root.admin.list_applications(limit=50)["registration_applications"]
        return next(each for each in listed if each["registration_application"]["id"] == number)


def _shows(answer: Any, path: str, wanted: Any = ...) -> bool:
    """Whether the value at a path of keys and places is there, and is the wanted one."""
    for key in path.split("."):
        answer = answer[int(key)] if isinstance(answer, list) else answer[key]
    return answer is not None if wanted is ... else bool(answer == wanted)


def _has(found: list[Any], path: str, wanted: Any) -> bool:
    """Whether any of what was listed shows the wanted value."""
    return any(_shows(each, path, wanted) for each in found)


def _lists(make: Callable[[], int], listing: Callable[[], list[Any]], path: str) -> bool:
    """Whether a list has what was made just before, known by its number at that path."""
    number = make()
    return _has(listing(), path, number)


def _discovers(s: Stage) -> bool:
    name = s.scene.name()
    made = s.root.community.create(name, "New")["community_view"]["community"]
    return bool(s.member.discover_community(name) == made["id"])


def _shows_the_log(s: Stage) -> bool:
    post_id = s.scene.post()
    s.root.post.lock(post_id, True)
    return _shows(s.member.modlog.get(post_id=post_id, type_=ModlogActionType.ModLockPost), "locked_posts.0.post.id", post_id)


def _deletes_an_emoji(s: Stage) -> bool:
    """Looks by itself: pythorhead answers False whatever happens, as it waits for a text that Lemmy no longer answers."""
    number = s.scene.emoji()
    s.root.emoji.delete(number)
    return not _has(s.root.emoji.get(), "custom_emoji.id", number)


def _updates(s: Stage) -> bool:
    user = s.member.get_user(username="member")
    user.display_name = "Another name"
    user.update()
    return bool(s.root.get_user(username="member").display_name == "Another name")


def _refreshes(s: Stage) -> bool:
    user = s.root.get_user(username="member")
    s.member.user.save_user_settings(display_name="A fresh name")
    user.refresh()
    return bool(user.display_name == "A fresh name")


def _sets(s: Stage) -> bool:
    s.member.get_user(username="member").set_settings(bio="Changed")
    return bool(s.root.get_user(username="member").bio == "Changed")


def _writes_to(s: Stage) -> bool:
    s.root.get_user(username="stranger").pm("Hello you")
    return _shows(s.stranger.private_message.list(True, 1), "private_messages.0.private_message.content", "Hello you")


def _rejects(s: Stage) -> bool:
    application = s.application()
    application.reject("No robots")
    return _shows(s.decided(application.id), "registration_application.deny_reason", "No robots")


CALLS: Mapping[str, Callable[[Stage], bool]] = {
    "get_user": lambda s: s.root.get_user(username="member").id == s.scene.member_id,
    "get_registration_applications": lambda s: s.application().answer == "I like birds",
    "log_in": lambda s: s.stranger.log_in("stranger", PASSWORD) is True,
    "relog_in": lambda s: s.stranger.relog_in() is True,
    "discover_community": _discovers,
    "search": lambda s: _has(s.root.search("member", type_=SearchType.Users, limit=10)["users"], "person.id", s.scene.member_id),
    "resolve_object": lambda s: _shows(s.root.resolve_object(f"{s.url}/post/{s.scene.post_id}"), "post.post.id", s.scene.post_id),
    "post.get": lambda s: _shows(s.member.post.get(s.scene.post_id), "post_view.post.id", s.scene.post_id),
    "post.list": lambda s: _has(s.member.post.list(sort=SortType.New, type_=ListingType.All, limit=50), "post.id", s.scene.post_id),
    "post.create": lambda s: _shows(
        s.member.post.create(s.scene.community_id, "New", url="https://link.example/", body="Text", language_id=LanguageType.EN),
        "post_view.post.url",
        "https://link.example/",
    ),
    "post.delete": lambda s: _shows(s.member.post.delete(s.scene.post(), True), "post_view.post.deleted", True),
    "post.remove": lambda s: _shows(s.root.post.remove(s.scene.post(), True, "Spam"), "post_view.post.removed", True),
    "post.edit": lambda s: _shows(s.member.post.edit(s.scene.post(), name="Better"), "post_view.post.name", "Better"),
    "post.like": lambda s: _shows(s.stranger.post.like(s.scene.post_id, -1), "post_view.my_vote", -1),
    "post.save": lambda s: _shows(s.stranger.post.save(s.scene.post_id, True), "post_view.saved", True),
    "post.report": lambda s: _shows(s.stranger.post.report(s.scene.post(), "Spam"), "post_report_view.post_report.reason", "Spam"),
    "post.feature": lambda s: _shows(s.root.post.feature(s.scene.post(), True, FeatureType.Local), "post_view.post.featured_local", True),
    "post.lock": lambda s: _shows(s.root.post.lock(s.scene.post(), True), "post_view.post.locked", True),
    "post.hide": lambda s: _shows(s.stranger.post.hide(s.scene.post(), True), "success", True),
    "post.mark_as_read": lambda s: _shows(s.stranger.post.mark_as_read(s.scene.post_id, True), "success", True),
    "post.mark_multiple_as_read": lambda s: _shows(s.stranger.post.mark_multiple_as_read([s.scene.post_id], True), "success", True),
    "post.site_metadata": lambda s: _shows(s.member.post.site_metadata(f"{s.url}/post/{s.scene.post_id}"), "metadata.title"),
    "post.report_list": lambda s: _lists(s.scene.post_report, lambda: s.root.post.report_list(limit=50), "post_report.id"),
    "post.resolve_report": lambda s: _shows(
        s.root.post.resolve_report(s.scene.post_report()), "post_report_view.post_report.resolved", True
    ),
    "post.purge": lambda s: _shows(s.root.post.purge(s.scene.post(), "Spam"), "success", True),
    "post.list_votes": lambda s: _has(s.root.post.list_votes(s.scene.post_id)["post_likes"], "creator.name", "member"),
    "community.create": lambda s: _shows(s.member.community.create(s.scene.name(), "New"), "community_view.community.title", "New"),
    "community.edit": lambda s: _shows(
        s.root.community.edit(s.scene.community(), title="Changed", discussion_languages=[LanguageType.UNDETERMINED, LanguageType.EN]),
        "discussion_languages",
        [0, 37],
    ),
    "community.get": lambda s: _shows(s.root.community.get(s.scene.community_id), "moderators.0.moderator.name", ADMIN),
    "community.list": lambda s: _has(s.root.community.list(limit=50), "community.id", s.scene.community_id),
    "community.follow": lambda s: _shows(s.stranger.community.follow(s.scene.community_id), "subscribed", "Subscribed"),
    "community.purge": lambda s: _shows(s.root.community.purge(s.scene.community(), "Spam"), "success", True),
    "community.add_mod_to_community": lambda s: _shows(
        s.root.community.add_mod_to_community(True, s.scene.community(), s.scene.member_id), "moderators.1.moderator.name", "member"
    ),
    "community.ban_user": lambda s: _shows(
        s.root.community.ban_user(True, FAR, s.scene.person(), s.scene.community_id, "Spam", True), "banned", True
    ),
    "community.hide": lambda s: _shows(s.root.community.hide(s.scene.community(), "Loud", True), "success", True),
    "comment.list": lambda s: _has(
        s.member.comment.list(post_id=s.scene.post_id, sort=CommentSortType.Top, max_depth=8), "comment.id", s.scene.comment_id
    ),
    "comment.get": lambda s: _shows(s.member.comment.get(s.scene.comment_id), "comment_view.comment.id", s.scene.comment_id),
    "comment.create": lambda s: _shows(s.stranger.comment.create(s.scene.post_id, "New"), "comment_view.comment.content", "New"),
    "comment.edit": lambda s: _shows(s.member.comment.edit(s.scene.comment(), "Better"), "comment_view.comment.content", "Better"),
    "comment.like": lambda s: _shows(s.stranger.comment.like(s.scene.comment_id, 1), "comment_view.my_vote", 1),
    "comment.delete": lambda s: _shows(s.member.comment.delete(s.scene.comment(), True), "comment_view.comment.deleted", True),
    "comment.distinguish": lambda s: _shows(s.root.comment.distinguish(s.scene.reply_id, True), "comment_view.comment.distinguished", True),
    "comment.remove": lambda s: _shows(s.root.comment.remove(s.scene.comment(), True, "Rude"), "comment_view.comment.removed", True),
    "comment.report_list": lambda s: _lists(
        s.scene.comment_report, lambda: s.root.comment.report_list(limit=50, unresolved_only=True), "comment_report.id"
    ),
    "comment.resolve_report": lambda s: _shows(
        s.root.comment.resolve_report(s.scene.comment_report()), "comment_report_view.comment_report.resolved", True
    ),
    "comment.save": lambda s: _shows(s.stranger.comment.save(s.scene.comment_id, True), "comment_view.saved", True),
    "comment.report": lambda s: _shows(
        s.stranger.comment.report(s.scene.comment(), "Rude"), "comment_report_view.comment_report.reason", "Rude"
    ),
    "comment.mark_as_read": lambda s: _shows(
        s.member.comment.mark_as_read(s.scene.reply(), True), "comment_reply_view.comment_reply.read", True
    ),
    "comment.purge": lambda s: _shows(s.root.comment.purge(s.scene.comment(), "Spam"), "success", True),
    "comment.get_replies": lambda s: _lists(
        s.scene.reply, lambda: s.member.comment.get_replies(True, 1, sort=CommentSortType.New)["replies"], "comment_reply.id"
    ),
    "site.get": lambda s: _shows(s.root.site.get(), "my_user.local_user_view.person.name", ADMIN),
    "site.edit": lambda s: _shows(s.root.site.edit(legal_information="Be kind"), "site_view.local_site.legal_information", "Be kind"),
    "user.get": lambda s: _shows(s.root.user.get(username="member", sort=SortType.New), "person_view.person.id", s.scene.member_id),
    "user.purge": lambda s: _shows(s.root.user.purge(s.scene.person(), "Spam"), "success", True),
    "user.ban": lambda s: _shows(s.root.user.ban(True, FAR, s.scene.person(), "Spam", True), "banned", True),
    "user.save_user_settings": lambda s: _shows(
        s.stranger.user.save_user_settings(bio="Hello", default_sort_type=SortType.New), "success", True
    ),
    "private_message.create": lambda s: _shows(
        s.root.private_message.create("Hello", s.scene.member_id), "private_message_view.private_message.content", "Hello"
    ),
    "private_message.list": lambda s: _lists(
        s.scene.message, lambda: s.member.private_message.list(True, 1)["private_messages"], "private_message.id"
    ),
    "private_message.mark_as_read": lambda s: _shows(
        s.member.private_message.mark_as_read(s.scene.message(), True), "private_message_view.private_message.read", True
    ),
    "image.upload": lambda s: _shows(s.picture(), "image_url"),
    "image.delete": lambda s: s.member.image.delete(s.picture()["delete_url"]) is True,
    "mention.list": lambda s: _lists(s.scene.mention, lambda: s.member.mention.list(True, SortType.New)["mentions"], "person_mention.id"),
    "mention.mark_as_read": lambda s: _shows(
        s.member.mention.mark_as_read(s.scene.mention(), True), "person_mention_view.person_mention.read", True
    ),
    "admin.list_applications": lambda s: _lists(
        lambda: s.scene.applicant()["application"],
        lambda: s.root.admin.list_applications(unread_only="true")["registration_applications"],
        "registration_application.id",
    ),
    "admin.process_application": lambda s: _shows(
        s.root.admin.process_application(s.scene.applicant()["application"], False, "No robots"),
        "registration_application.registration_application.deny_reason",
        "No robots",
    ),
    "emoji.get": lambda s: _lists(s.scene.emoji, s.root.emoji.get, "custom_emoji.id"),
    "emoji.edit": lambda s: _shows(
        s.root.emoji.edit(s.scene.emoji(), "birds", "https://here.example/other.png", "Two birds", ["bird"]),
        "custom_emoji.custom_emoji.alt_text",
        "Two birds",
    ),
    "emoji.delete": _deletes_an_emoji,
    "modlog.get": _shows_the_log,
    "LemmyUser.refresh": _refreshes,
    "LemmyUser.update": _updates,
    "LemmyUser.set_settings": _sets,
    "LemmyUser.pm": _writes_to,
    "LemmyUser.get_latest_posts": lambda s: _has(s.root.get_user(username="member").get_latest_posts(), "creator.name", "member"),
    "LemmyUser.get_latest_comments": lambda s: _has(s.root.get_user(username="member").get_latest_comments(), "creator.name", "member"),
    "LemmyRegistrationApplication.reject": _rejects,
}

NOT_CALLED: Mapping[str, str] = {
    "get_base_url": "asks nothing of an instance",
    "emoji.create": "has no place for the short code, without which there is no emoji",
    "LemmyUser.purge": "reads person_id, which its own class lacks",
    "LemmyUser.ban": "reads person_id, which its own class lacks",
    "LemmyRegistrationApplication.accept": "sends the number of the account, where that of the application belongs",
    "LemmyRegistrationApplication.get_application_status": "asks nothing of an instance",
}
"""What pythorhead cannot do at any Lemmy of 0.19, and what is no call."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Stage]:
    """One instance for all calls, without rate limits that they would meet: pythorhead comes from one address."""
    config = {"federation": {"allow_private_addresses": True}}  # the metadata looked up are those of a page of its own
    with instances.running(tmp_path_factory.mktemp("pythorhead"), free_port(), config=config) as instance:
        instance.admin.put("/site", **{f"rate_limit_{bucket}": 10_000 for bucket in BUCKETS})
        yield Stage(Scene(instance))


@pytest.mark.parametrize("method", CALLS)
def test_a_call_is_granted_and_shows_what_it_was_made_for(stage: Stage, method: str) -> None:
    assert CALLS[method](stage)


def test_what_is_not_called_fails_inside_pythorhead_or_for_what_it_sends(stage: Stage) -> None:
    """So that a pythorhead that has learned it is noticed."""
    user = stage.root.get_user(username="member")
    for broken in (user.purge, user.ban):
        with pytest.raises(AttributeError, match="person_id"):
            broken()
    with pytest.raises(Exception, match="shortcode"):
        stage.root.emoji.create(1, "birds", "https://here.example/new.png", "A bird", ["bird"])
    application = stage.application()
    assert application.local_user_id != application.id
    with pytest.raises(Exception, match="couldnt_find_registration_application"):
        application.accept()


def test_no_method_is_forgotten() -> None:
    assert sorted({*CALLS, *NOT_CALLED}) == sorted(_methods())
    assert not CALLS.keys() & NOT_CALLED.keys()


def _methods() -> Iterator[str]:
    """All methods as CALLS has them: those of the client by name, others behind what they belong to."""
    yield from _of(Lemmy)
    for room, kind in get_type_hints(Lemmy).items():
        if not room.startswith("_"):
            yield from (f"{room}.{name}" for name in _of(kind))
    for kind in (LemmyUser, LemmyRegistrationApplication):
        yield from (f"{kind.__name__}.{name}" for name in _of(kind))


def _of(kind: type) -> list[str]:
    return [name for name, value in vars(kind).items() if inspect.isfunction(value) and not name.startswith("_")]
