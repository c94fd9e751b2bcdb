"""Rows for tests, entered as they stand: no rule of the house is asked."""

from typing import Any

from lemmy_lite.model.clock import HOUR, Micros
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import CommunityId, InstanceId, LocalUserId, PersonId, PostId
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables.rows import insert
from lemmy_lite.storage.views import local_user as local_user_view

NOON: Micros = 1_790_000_000_000_000
"""A moment in September 2026 at which the clocks of these tests begin."""


def instance(tx: Transaction, domain: str = "here.test") -> InstanceId:
    """A server, made at the first call."""
    found = tx.value("SELECT id FROM instance WHERE domain = :domain", domain=domain)
    return InstanceId(found or insert(tx, "instance", domain=domain, published=NOON))


def site(tx: Transaction, *, content_warning: str | None = None, **local: Any) -> None:
    """The local site."""
    number = insert(
        tx,
        "site",
        name="Here",
        instance_id=instance(tx),
        published=NOON,
        actor_id="https://here.test/",
        inbox_url="https://here.test/inbox",
        public_key="",
        last_refreshed_at=NOON,
        content_warning=content_warning,
    )
    insert(tx, "local_site", site_id=number, published=NOON, **local)


def person(tx: Transaction, name: str = "ada", domain: str = "here.test", **values: Any) -> PersonId:
    """A person."""
    ids: dict[str, Any] = {"name": name, "name_folded": name, "instance_id": instance(tx, domain), "local": domain == "here.test"}
    return PersonId(insert(tx, "person", **ids, actor_id=f"https://{domain}/u/{name}", published=NOON, **values))


def user(tx: Transaction, name: str = "ada", languages: tuple[int, ...] = (), **settings: Any) -> Viewer:
    """A person with an account, logged in."""
    number = person(tx, name)
    account = insert(tx, "local_user", person_id=number, password_encrypted="", last_donation_notification=NOON, **settings)
    tx.run("INSERT INTO person_aggregates (person_id) VALUES (:id)", id=number)
    for language in languages:
        tx.run("INSERT INTO local_user_language (local_user_id, language_id) VALUES (:user, :language)", user=account, language=language)
    found = local_user_view.view(tx, LocalUserId(account))
    assert found is not None
    display = found.local_user_vote_display_mode
    return Viewer(person=found.person, local_user=found.local_user, vote_display=display, languages=languages, session="session")


def community(
    tx: Transaction, name: str = "town", domain: str = "here.test", active: int = 0, posts: int = 0, **values: Any
) -> CommunityId:
    """A community."""
    ids: dict[str, Any] = {"name": name, "name_folded": name, "instance_id": instance(tx, domain), "local": domain == "here.test"}
    address = f"https://{domain}/c/{name}"
    number = insert(tx, "community", **ids, title=name, actor_id=address, followers_url=f"{address}/followers", published=NOON, **values)
    tx.run(
        "INSERT INTO community_aggregates (community_id, published, users_active_month, posts) VALUES (:id, :now, :active, :posts)",
        id=number,
        now=NOON,
        active=active,
        posts=posts,
    )
    return CommunityId(number)


def post(
    tx: Transaction,
    author: PersonId,
    home: CommunityId,
    *,
    published: Micros = NOON - HOUR,
    upvotes: int = 1,
    downvotes: int = 0,
    comments: int = 0,
    commented: Micros | None = None,
    necro: Micros | None = None,
    controversy: float = 0.0,
    **values: Any,
) -> PostId:
    """A post with counters."""
    number = tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM post")
    insert(
        tx,
        "post",
        creator_id=author,
        community_id=home,
        local=True,
        ap_id=f"https://here.test/post/{number}",
        name=f"Post {number}",
        published=published,
        **values,
    )
    copied = {name: values[name] for name in ("nsfw", "language_id", "featured_community", "featured_local") if name in values}
    columns = {
        "post_id": number,
        "community_id": home,
        "creator_id": author,
        "published": published,
        "listed": not (values.get("removed") or values.get("deleted")),
        "score": upvotes - downvotes,
        "upvotes": upvotes,
        "downvotes": downvotes,
        "comments": comments,
        "newest_comment_time": commented or published,
        "newest_comment_time_necro": necro or commented or published,
        "controversy": controversy,
        **copied,
    }
    names, slots = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO post_aggregates ({names}) VALUES ({slots})", **columns)
    return PostId(number)


def link(tx: Transaction, table: str, **values: Any) -> None:
    """A row that joins two nouns: a follow, a block, a mark, a vote."""
    names, slots = ", ".join(values), ", ".join(f":{name}" for name in values)
    tx.run(f"INSERT INTO {table} ({names}, published) VALUES ({slots}, :now)", now=tx.now, **values)


def count(tx: Transaction, post_id: PostId, **counters: Any) -> None:
    """Change counters as a verb does: what was before is announced."""
    row = tx.one(
        """SELECT published, score, upvotes, downvotes, comments, newest_comment_time, newest_comment_time_necro
             FROM post_aggregates WHERE post_id = :id""",
        id=post_id,
    )
    assert row is not None
    names = ("published", "score", "upvotes", "downvotes", "comments", "newest_comment_time", "newest_comment_time_necro")
    tx.append(PostCounted(post_id=post_id, **dict(zip(names, row, strict=True))))
    changes = ", ".join(f"{name} = :{name}" for name in counters)
    tx.run(f"UPDATE post_aggregates SET {changes} WHERE post_id = :id", id=post_id, **counters)
