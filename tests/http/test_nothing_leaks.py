"""A marker in every hidden text is found by no viewer who may not see it, over every address that can be read.

Each secret names who may read it; the addresses are those of the API, the site, ActivityPub and the feeds, filled with the ids of the
scene.
"""

import asyncio
import itertools
import logging
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from lemmy_lite import app, config
from lemmy_lite.app import Instance
from lemmy_lite.crypto import keys
from lemmy_lite.domain import ban, comment, community, local_user, moderation, post, site_settings
from lemmy_lite.domain.ban import Ban
from lemmy_lite.http import routing
from lemmy_lite.http.api_v3.operations import OPERATIONS
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.web.routes import DOORS, PAGES
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.community import CommunityForm, CommunityVisibility
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.site import SiteForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, feed_key, image, person
from lemmy_lite.storage.tables import local_user as accounts
from tests.attacks import vault
from tests.attacks.vault import Kind
from tests.http.asgi import Answer, ask

STRANGER, BYSTANDER, BLOCKER, AUTHOR, MODERATOR, ADMIN = "nobody", "bystander", "blocker", "author", "moderator", "admin"
MEMBERS = (BYSTANDER, BLOCKER, AUTHOR, MODERATOR, ADMIN)
VIEWERS = (STRANGER, *MEMBERS)


class Secret(NamedTuple):
    """A text that not everybody may read."""

    marker: str
    readers: tuple[str, ...]


SECRETS = (
    Secret("removedpostbody", (AUTHOR, MODERATOR, ADMIN)),
    Secret("deletedpostbody", (AUTHOR, MODERATOR, ADMIN)),
    Secret("removedcommenttext", (MODERATOR, ADMIN)),
    Secret("deletedcommenttext", (AUTHOR, ADMIN)),
    Secret("localonlypost", MEMBERS),
    Secret("localonlycomment", MEMBERS),
    Secret("localonlysidebar", MEMBERS),
    Secret("removedcommunitypost", (AUTHOR, MODERATOR, ADMIN)),
    Secret("removedcommunitysidebar", (AUTHOR, MODERATOR, ADMIN)),
    Secret("deletedcommunitypost", (AUTHOR, MODERATOR, ADMIN)),
    Secret("deletedcommunitysidebar", (AUTHOR, MODERATOR, ADMIN)),
    Secret("bannedpersonspost", (MODERATOR, ADMIN)),
    Secret("secretmail", (AUTHOR, ADMIN)),
)
WORDS = [secret.marker for secret in SECRETS]

OPEN = ("openpostbody", "opencommenttext", "opensidebar", "bioofthemoderator")
"""What everybody may read, unless the site is private."""

SETUP = {"admin_username": "chief", "admin_password": "correct horse", "site_name": "Site"}


class Scene:
    """An instance with people, and secrets of every kind in it."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.people: dict[str, Person] = {}
        self.tokens: dict[str, str] = {}

    async def build(self) -> None:
        """Write everything."""
        database, context = self.instance.database, self.instance.context
        pair = await asyncio.to_thread(keys.generate_key_pair)
        names = {BYSTANDER: "bert", BLOCKER: "bella", AUTHOR: "anna", MODERATOR: "mona", "villain": "vera"}
        for role, name in names.items():
            email = "secretmail@mail.test" if role == AUTHOR else None

            def make(tx: Transaction, name: str = name, email: str | None = email) -> tuple[Person, str]:
                made, account = local_user.create(tx, context, name, "x", pair, accepted_application=True, email=email)
                return made, local_user.start_session(tx, context, account, local_user.Visitor())

            self.people[role], self.tokens[role] = await database.write(make)
        entry = await local_user.login(database, context, "chief", SETUP["admin_password"], None, local_user.Visitor())
        self.tokens[ADMIN] = entry.jwt or ""
        viewer = await database.read(local_user.session, context, self.tokens[ADMIN])
        assert viewer is not None
        self.people[ADMIN] = viewer.person
        await database.write(self._write, pair)
        await database.write(self._lock_away)

    def _lock_away(self, tx: Transaction) -> None:
        """Secrets of the author's account that are no texts: a second factor in preparation, the address of feeds, an upload."""
        account = accounts.of_person(tx, self.people[AUTHOR].id)
        assert account is not None
        accounts.update(tx, account.id, totp_2fa_secret="SECRETOFTHESECONDFACTORINUSE")
        feed_key.put(tx, account.id, "serialofthefeedsaddress")
        image.insert(tx, "a.png", "https://site.test/pictrs/image/a.png", "tokentodeletethepicture", local_user_id=account.id, file="a")

    def _write(self, tx: Transaction, pair: keys.KeyPair) -> None:
        context, who = self.instance.context, self.people

        def home(name: str, **fields: object) -> int:
            form = CommunityForm(name=name, title=name.title(), **fields)  # type: ignore[arg-type]
            return community.create(tx, context, who[MODERATOR], form, pair).id

        def write(place: int, body: str, author: str = AUTHOR, **fields: str) -> int:
            form = PostForm(name=f"A post {body[:3]}", body=body, community_id=place, **fields)  # type: ignore[arg-type]
            return post.create(tx, context, who[author], form).id

        def say(place: int, text: str, author: str = AUTHOR, **fields: int) -> int:
            form = CommentForm(post_id=place, content=text, **fields)  # type: ignore[arg-type]
            return comment.create(tx, context, who[author], form).id

        person.update(tx, who[MODERATOR].id, bio="bioofthemoderator")
        open_home = home("open", description="opensidebar")
        plain = write(open_home, "openpostbody")
        say(plain, "opencommenttext")
        # Comments show what they stand under, and so do notes of answers.
        hidden = "https://a.test/removedpostbody"
        removed = write(open_home, "removedpostbody", url=hidden, alt_text="removedpostbody")
        embeds = ("embed_title", "embed_description", "embed_video_url", "thumbnail_url")
        tx.run(f"UPDATE post SET {', '.join(f'{each} = :hidden' for each in embeds)} WHERE id = :id", id=removed, hidden=hidden)
        say(removed, "an answer to the bystander", parent_id=say(removed, "open words", BYSTANDER))
        moderation.remove_post(tx, who[MODERATOR], removed, True)  # type: ignore[arg-type]
        deleted = write(open_home, "deletedpostbody")
        say(deleted, "open words", BYSTANDER)
        post.delete(tx, who[AUTHOR], deleted, True)  # type: ignore[arg-type]
        moderation.remove_comment(tx, who[MODERATOR], say(plain, "removedcommenttext"), True)  # type: ignore[arg-type]
        comment.delete(tx, who[AUTHOR], say(plain, "deletedcommenttext"), True)  # type: ignore[arg-type]
        inner = home("inner", description="localonlysidebar", visibility=CommunityVisibility.LOCAL_ONLY)
        say(write(inner, "localonlypost"), "localonlycomment")
        gone = home("gone", description="removedcommunitysidebar")
        say(write(gone, "removedcommunitypost"), "open words", BYSTANDER)
        block.put(tx, "community", who[BLOCKER].id, gone)
        community.follow(tx, who[BYSTANDER], gone, True)  # type: ignore[arg-type]
        moderation.remove_community(tx, who[ADMIN], gone, True)  # type: ignore[arg-type]
        shut = home("shut", description="deletedcommunitysidebar")
        say(write(shut, "deletedcommunitypost"), "open words", BYSTANDER)
        community.delete(tx, who[MODERATOR], shut, True)  # type: ignore[arg-type]
        say(write(open_home, "bannedpersonspost", "villain"), "open words", BYSTANDER)
        ban.from_site(tx, who[ADMIN], who["villain"].id, Ban(banned=True, remove_data=True))
        block.put(tx, "person", who[BLOCKER].id, who[AUTHOR].id)
        # Whoever founds a community of their own is a moderator, but not of the others.
        community.create(tx, context, who[BYSTANDER], CommunityForm(name="mine", title="Mine"), pair)
        community.follow(tx, who[BYSTANDER], open_home, True)  # type: ignore[arg-type]

    def ids(self, tx: Transaction) -> dict[str, list[str]]:
        """Every id and name that an address can hold."""
        return {
            "post": [str(number) for number in tx.column("SELECT id FROM post")],
            "comment": [str(number) for number in tx.column("SELECT id FROM comment")],
            "community": [str(number) for number in tx.column("SELECT id FROM community")],
            "community_name": tx.column("SELECT name FROM community"),
            "person": [str(number) for number in tx.column("SELECT id FROM person")],
            "person_name": tx.column("SELECT name FROM person"),
            "ap_id": tx.column("SELECT ap_id FROM post UNION SELECT ap_id FROM comment UNION SELECT actor_id FROM community"),
            "activity": [ap_id.split("/activities/")[1] for ap_id in tx.column("SELECT ap_id FROM sent_activity")],
        }


def api_addresses(ids: dict[str, list[str]]) -> list[str]:
    """Every GET of the API with what it can be asked for."""
    asked: dict[str, list[str]] = {
        "getPost": [f"id={number}" for number in ids["post"]] + [f"comment_id={number}" for number in ids["comment"]],
        "getPosts": [
            f"type_=All&sort={sort}&limit=50" for sort in ("Active", "Hot", "New", "Old", "TopAll", "MostComments", "Controversial")
        ]
        + [f"community_id={number}&limit=50" for number in ids["community"]]
        + ["type_=Subscribed", "saved_only=true", "type_=ModeratorView", "show_hidden=true&type_=All"],
        "getComments": [f"post_id={number}&max_depth=8&type_=All" for number in ids["post"]]
        + ["type_=All&limit=50&sort=New", "type_=Local&sort=Hot"]
        + [f"parent_id={number}&max_depth=3" for number in ids["comment"]],
        "getComment": [f"id={number}" for number in ids["comment"]],
        "getCommunity": [f"id={number}" for number in ids["community"]] + [f"name={name}" for name in ids["community_name"]],
        "listCommunities": ["type_=All&limit=50", "type_=Local&sort=New&show_nsfw=true"],
        "getPersonDetails": [f"person_id={number}&limit=50&sort=New" for number in ids["person"]],
        "search": [f"q={word}&type_={kind}&limit=50" for word in WORDS for kind in ("All", "Url")],
        "resolveObject": [f"q={ap_id}" for ap_id in ids["ap_id"]],
        "listPostLikes": [f"post_id={number}" for number in ids["post"]],
        "listCommentLikes": [f"comment_id={number}" for number in ids["comment"]],
        "getRegistrationApplication": [f"person_id={number}" for number in ids["person"]],
        "getSiteMetadata": [],
    }
    found = []
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.name in HANDLERS and operation.name not in ("exportSettings", "getCaptcha"):
            found += [f"{operation.path}?{query}" for query in asked.get(operation.name, [""])]
    return found


def filled(path: str, ids: dict[str, list[str]]) -> list[str]:
    """A page's path with everything that it may be asked for."""
    if "{name}" in path:
        return [path.format(name=name) for name in ids["community_name" if path.startswith("/c/") else "person_name"]]
    if "{post_id}" in path:
        return [path.format(post_id=number) for number in ids["post"]]
    if "{comment_id}" in path:
        return [path.format(comment_id=number) for number in ids["comment"]]
    return [path]


def page_addresses(ids: dict[str, list[str]]) -> list[str]:
    """Every page of the site."""
    found = [address for path, _ in PAGES for address in filled(path, ids)]
    found += [f"/search?q={word}" for word in WORDS]
    found += [f"/?dataType=Comment&listingType=All&sort={sort}" for sort in ("New", "Hot")] + ["/?listingType=All&sort=New"]
    return found


def document_addresses(ids: dict[str, list[str]]) -> list[str]:
    """Every ActivityPub document."""
    found = ["/", "/site_outbox"]
    for name in ids["community_name"]:
        found += [f"/c/{name}{part}" for part in ("", "/outbox", "/followers", "/moderators", "/featured")]
    for name in ids["person_name"]:
        found += [f"/u/{name}", f"/u/{name}/outbox"]
    found += [f"/post/{number}" for number in ids["post"]] + [f"/comment/{number}" for number in ids["comment"]]
    return found + [f"/activities/{each}" for each in ids["activity"]]


def feed_addresses(ids: dict[str, list[str]], token: str | None) -> list[str]:
    """Every feed, for a stranger or with the reader's key."""
    lists = [f"/feeds/{name}.json?limit=50&sort=New{kind}" for name in ("all", "local") for kind in ("", "&dataType=Comment")]
    lists += [f"/feeds/search.xml?type=All&q={word}" for word in WORDS]
    for room, names in (("c", ids["community_name"]), ("u", ids["person_name"]), ("post", ids["post"])):
        lists += [f"/feeds/{room}/{name}.atom?limit=50{kind}" for name in names for kind in ("", "&dataType=Comment")]
    if token is None:
        return [*lists, "/sitemap.xml"]
    private = [f"/feeds/{part}/{token}.xml" for part in ("front", "inbox", "saved", "moderated")]
    return [*(f"{address}&key={token}" for address in lists), *private]


class Stage(NamedTuple):
    """The scene with everything that it answers, and the loop on which that happens."""

    runner: asyncio.Runner
    scene: Scene
    surfaces: object
    ids: dict[str, list[str]]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """On both databases, built once for all viewers: they only read."""
    options = {"data_dir": str(tmp_path_factory.mktemp("leaks")), "setup": SETUP, "hostname": "site.test", "site": {"front": "open"}}
    if request.param == "postgres":
        options["database"] = {"uri": request.getfixturevalue("postgres_server").create()}
    with asyncio.Runner() as runner:
        opening = app.opened(config.read(options, environment={}))
        instance = runner.run(opening.__aenter__())
        try:
            scene = Scene(instance)
            runner.run(scene.build())
            runner.run(instance.database.write(_lift_limits))
            built = routing.build(runner.run(app.surfaces(instance)))
            yield Stage(runner, scene, built, runner.run(instance.database.read(scene.ids)))
        finally:
            runner.run(opening.__aexit__(None, None, None))


def _lift_limits(tx: Transaction) -> None:
    tx.run("UPDATE local_site_rate_limit SET message = 100000, search = 100000")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_no_hidden_text_is_found_by_who_may_not_read_it(viewer: str, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kept = stage.runner.run(stage.scene.instance.database.read(vault.contents))
    assert {each.column for each in kept} >= {"actor.private_key", "secret.value", "local_user.totp_2fa_secret", "login_token.token_hash"}
    # The author may see the second factor that is being prepared, and the admins how a picture is deleted.
    locked = [each.value for each in kept if each.kind is not Kind.OWN or viewer not in (AUTHOR, ADMIN)]
    forbidden = [secret.marker for secret in SECRETS if viewer not in secret.readers] + locked
    token = stage.scene.tokens.get(viewer)
    seen: set[str] = set()
    leaks = []
    surfaces = (
        (api_addresses(stage.ids), [("Authorization", f"Bearer {token}")] if token else []),
        (page_addresses(stage.ids), [("Cookie", f"__Host-session={token}")] if token else []),
        (document_addresses(stage.ids), [("Accept", "application/activity+json")]),
        (feed_addresses(stage.ids, token), []),
    )
    for number, (addresses, headers) in enumerate(surfaces):
        for count, address in enumerate(addresses):
            client = ("X-Forwarded-For", f"10.{10 * VIEWERS.index(viewer) + number}.{count // 250}.{count % 250}")
            answer = stage.runner.run(ask(stage.surfaces, "GET", address, headers=[*headers, client]))  # type: ignore[arg-type]
            text = answer.body.decode()
            assert "rate_limit_error" not in text
            asked_for = address.partition("?")[2]
            leaks += [f"{marker} at {address}" for marker in forbidden if marker in text and marker not in asked_for]
            seen |= {word for word in (*WORDS, *OPEN) if word in text and word not in asked_for}
    assert not leaks, "\n".join(leaks)
    logged = [each.column for each in kept if each.value in caplog.text]
    assert (logged, token is not None and token in caplog.text) == ([], False), "nothing of it is logged"
    # The scene is real: admins find every text somewhere but the mail address, authors their own posts.
    assert seen.issuperset(OPEN)
    if viewer == ADMIN:
        assert set(WORDS) - seen <= {"secretmail"}
    if viewer == AUTHOR:
        assert {"removedpostbody", "deletedpostbody", "localonlypost", "secretmail"} <= seen


TWINS = (
    ("GET", "/u/{person}"),
    ("GET", "/c/{community}"),
    ("GET", "/modlog?mod={person}"),
    ("GET", "/modlog?community={community}"),
    ("POST", "/u/{person}"),
    ("POST", "/c/{community}"),
    ("GET", "/feeds/u/{person}.xml"),
    ("GET", "/feeds/c/{community}.xml"),
    ("GET", "/api/v3/user?username={person}"),
    ("GET", "/api/v3/community?name={community}"),
)
"""Where a stranger could ask whether a name is somebody's."""


def test_a_private_site_opens_to_strangers_nothing_but_its_doors(stage: Stage) -> None:
    runner, database, ids = stage.runner, stage.scene.instance.database, stage.ids
    count = itertools.count()

    def asked(method: str, address: str, *headers: tuple[str, str], body: bytes = b"") -> Answer:
        number = next(count)
        client = ("X-Forwarded-For", f"10.200.{number // 250}.{number % 250}")
        return runner.run(ask(stage.surfaces, method, address, headers=[client, *headers], body=body))  # type: ignore[arg-type]

    def is_private(private: bool) -> None:
        form, admin = SiteForm(private_instance=private), stage.scene.people[ADMIN]
        runner.run(database.write(site_settings.edit, stage.scene.instance.context, admin, form))

    is_private(True)
    try:
        for path, _ in PAGES:
            answers = [] if path in DOORS else [asked("GET", address) for address in filled(path, ids)]
            to_login = {each.headers.get("location", "").startswith("/login?") for each in answers if each.status == 303}
            refused = {b"instance_is_private" in each.body for each in answers if each.status != 303}
            assert to_login | refused <= {True}, path
        leaks = []
        everything = [(address, "*/*") for address in (*page_addresses(ids), *api_addresses(ids), *feed_addresses(ids, None))]
        for address, accept in [*everything, *((address, "application/activity+json") for address in document_addresses(ids))]:
            told = asked("GET", address, ("Accept", accept)).body.decode()
            leaks += [f"{word} at {address}" for word in (*WORDS, *OPEN) if word in told and word not in address]
        assert not leaks, "\n".join(leaks)
        entered = asked("GET", "/login")
        seed, csrf = entered.headers["set-cookie"].partition(";")[0], re.findall(r'name="csrf" value="(\w+)"', entered.body.decode())[0]
        form = (("cookie", seed), ("content-type", "application/x-www-form-urlencoded"))
        for method, address in TWINS:
            body, headers = (f"csrf={csrf}&blocked=true".encode(), form) if method == "POST" else (b"", ())
            somebody = asked(method, address.format(person="bert", community="open"), *headers, body=body)
            nobody = asked(method, address.format(person="bret", community="opne"), *headers, body=body)
            same = somebody.body.replace(b"bert", b"bret").replace(b"open", b"opne") == nobody.body.replace(b"open", b"opne")
            assert (somebody.status, same) == (nobody.status, True), address
        known, unknown = (asked("GET", f"/api/v3/post?comment_id={number}") for number in (1, 1_000_000))
        assert (known.status, known.body) == (unknown.status, unknown.body), "which comments there are"
        # The control: who has an account reads on, and a door is open.
        member = ("Cookie", f"__Host-session={stage.scene.tokens[BYSTANDER]}")
        about = asked("GET", "/about", member).body.decode()
        assert ("opensidebar" in about, "bioofthemoderator" in about, entered.status) == (True, True, 200)
    finally:
        is_private(False)
