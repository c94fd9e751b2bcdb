"""Pictures kept here: uploads of local people, small copies of what posts link to, and where each is used."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId, LocalUserId, PersonId, PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


class Upload(NamedTuple):
    """A row: `file` is the name of an upload's file, `source` the address that a copy is of; one of them is there."""

    alias: str
    link: str
    delete_token: str
    local_user_id: LocalUserId | None
    file: str | None
    source: str | None
    published: Micros


_COLUMNS = "alias, link, delete_token, local_user_id, file, source, published"


def insert(
    tx: Transaction,
    alias: str,
    link: str,
    delete_token: str,
    *,
    local_user_id: LocalUserId | None = None,
    file: str | None = None,
    source: str | None = None,
    size: int = 0,
) -> None:
    """Enter an upload (`file`, of somebody), or a copy (`source`, of nobody)."""
    rows.insert_plain(
        tx,
        "local_image",
        alias=alias,
        link=link,
        delete_token=delete_token,
        local_user_id=local_user_id,
        published=tx.now,
        file=file,
        source=source,
        bytes=size,
    )


def get(tx: Transaction, alias: str) -> Upload | None:
    """The picture of this name."""
    row = tx.one(f"SELECT {_COLUMNS} FROM local_image WHERE alias = :alias", alias=alias)
    return Upload(*row) if row else None


def of_user(tx: Transaction, local_user_id: LocalUserId) -> list[str]:
    """The names of everything that somebody has uploaded."""
    return tx.column("SELECT alias FROM local_image WHERE local_user_id = :user", user=local_user_id)


def uploaded_since(tx: Transaction, local_user_id: LocalUserId, since: Micros) -> tuple[int, int]:
    """How many files somebody has uploaded since then, and their bytes."""
    row = tx.one(
        "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM local_image WHERE local_user_id = :user AND published > :since",
        user=local_user_id,
        since=since,
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def describe(tx: Transaction, link: str, width: int, height: int, content_type: str) -> None:
    """Remember the size and type of the picture at an address."""
    tx.run(
        """INSERT INTO image_details (link, width, height, content_type) VALUES (:link, :width, :height, :type)
           ON CONFLICT (link) DO UPDATE SET width = excluded.width, height = excluded.height, content_type = excluded.content_type""",
        link=link,
        width=width,
        height=height,
        type=content_type,
    )


def is_described(tx: Transaction, link: str) -> bool:
    """Whether the size and type of the picture at an address are known."""
    return bool(tx.one("SELECT 1 FROM image_details WHERE link = :link", link=link))


def idle_descriptions(tx: Transaction, limit: int) -> list[str]:
    """Addresses of described pictures that are neither kept here nor shown with a post any more."""
    return tx.column(
        """SELECT link FROM image_details
            WHERE link NOT IN (SELECT link FROM local_image)
              AND link NOT IN (SELECT thumbnail_url FROM post WHERE thumbnail_url IS NOT NULL) LIMIT :limit""",
        limit=limit,
    )


def forget_descriptions(tx: Transaction, links: Sequence[str]) -> None:
    """Forget the size and type of pictures."""
    tx.run("DELETE FROM image_details WHERE link AMONG :links", links=list(links))


def delete(tx: Transaction, aliases: Sequence[str]) -> list[Upload]:
    """Delete pictures with their descriptions and uses; answers what was deleted."""
    if not aliases:
        return []
    rows_gone = tx.all(f"DELETE FROM local_image WHERE alias AMONG :aliases RETURNING {_COLUMNS}", aliases=list(aliases))
    gone = [Upload(*row) for row in rows_gone]
    forget_descriptions(tx, [each.link for each in gone])
    return gone


def files_in_use(tx: Transaction, files: Sequence[str]) -> set[str]:
    """Those of the files that some upload still is."""
    return set(tx.column("SELECT DISTINCT file FROM local_image WHERE file AMONG :files", files=list(files)))


def sources_in_use(tx: Transaction, sources: Sequence[str]) -> set[str]:
    """Those of the addresses that some copy is still of."""
    return set(tx.column("SELECT DISTINCT source FROM local_image WHERE source AMONG :sources", sources=list(sources)))


def uses(tx: Transaction, noun: str, numbers: Iterable[int]) -> list[str]:
    """The names of the pictures that these things use."""
    return tx.column("SELECT DISTINCT alias FROM image_use WHERE noun = :noun AND number AMONG :numbers", noun=noun, numbers=list(numbers))


def set_uses(tx: Transaction, noun: str, number: int, aliases: Iterable[str], author_id: PersonId) -> list[str]:
    """Say which pictures a thing uses now: those its author uploaded, and copies, which are nobody's. Answers what it no longer uses."""
    wanted = set(aliases)
    before = set(uses(tx, noun, [number]))
    if gone := sorted(before - wanted):
        tx.run("DELETE FROM image_use WHERE noun = :noun AND number = :number AND alias AMONG :gone", noun=noun, number=number, gone=gone)
    if new := sorted(wanted - before):
        tx.run(
            """INSERT INTO image_use (alias, noun, number)
               SELECT alias, :noun, :number FROM local_image WHERE alias AMONG :new
                  AND (local_user_id IS NULL OR local_user_id = (SELECT id FROM local_user WHERE person_id = :author))
               ON CONFLICT DO NOTHING""",
            noun=noun,
            number=number,
            new=new,
            author=author_id,
        )
    return gone


def clear_uses(tx: Transaction, noun: str, numbers: Iterable[int]) -> None:
    """These things use no picture any more."""
    tx.run("DELETE FROM image_use WHERE noun = :noun AND number AMONG :numbers", noun=noun, numbers=list(numbers))


def without_use(tx: Transaction, aliases: Sequence[str]) -> list[str]:
    """Those of the pictures that nothing uses, custom emojis included."""
    if not aliases:
        return []
    return tx.column(
        """SELECT alias FROM local_image WHERE alias AMONG :aliases
              AND NOT EXISTS (SELECT 1 FROM image_use WHERE image_use.alias = local_image.alias)
              AND NOT EXISTS (SELECT 1 FROM custom_emoji WHERE custom_emoji.image_url = local_image.link)""",
        aliases=list(aliases),
    )


def is_face(tx: Transaction, alias: str) -> bool:
    """Whether a picture is an avatar, an icon or a banner."""
    return bool(tx.one("SELECT 1 FROM image_use WHERE alias = :alias AND noun IN ('person', 'community', 'site')", alias=alias))


def posts_of_community(tx: Transaction, community_id: CommunityId) -> list[int]:
    """The posts there that use pictures."""
    return tx.column(
        "SELECT DISTINCT number FROM image_use JOIN post ON post.id = number WHERE noun = 'post' AND post.community_id = :id",
        id=community_id,
    )


def posts_of_person(tx: Transaction, person_id: PersonId) -> list[int]:
    """The posts by somebody that use pictures."""
    return tx.column(
        "SELECT DISTINCT number FROM image_use JOIN post ON post.id = number WHERE noun = 'post' AND post.creator_id = :id", id=person_id
    )


def comments_of_posts(tx: Transaction, post_ids: Sequence[PostId] | Sequence[int]) -> list[int]:
    """The comments below these posts that use pictures."""
    return tx.column(
        """SELECT DISTINCT number FROM image_use JOIN comment ON comment.id = number
            WHERE noun = 'comment' AND comment.post_id AMONG :ids""",
        ids=list(post_ids),
    )


def comments_of_community(tx: Transaction, community_id: CommunityId) -> list[int]:
    """The comments there that use pictures."""
    return tx.column(
        """SELECT DISTINCT number FROM image_use JOIN comment ON comment.id = number JOIN post ON post.id = comment.post_id
            WHERE noun = 'comment' AND post.community_id = :id""",
        id=community_id,
    )


def comments_below(tx: Transaction, post_id: PostId, path: str) -> list[int]:
    """A comment and those below it, as far as they use pictures."""
    return tx.column(
        """SELECT DISTINCT number FROM image_use JOIN comment ON comment.id = number
            WHERE noun = 'comment' AND comment.post_id = :post AND (comment.path = :path OR comment.path LIKE :below)""",
        post=post_id,
        path=path,
        below=f"{path}.%",
    )


def is_remote(tx: Transaction, link: str) -> bool:
    """Whether a picture of another server is known by this address."""
    return bool(tx.one("SELECT 1 FROM remote_image WHERE link = :link", link=link))


def unplaced_faces(tx: Transaction, before: Micros) -> list[str]:
    """Uploads that are older than a moment and neither an avatar nor an icon nor a banner."""
    return tx.column(
        """SELECT alias FROM local_image WHERE local_user_id IS NOT NULL AND published < :before
              AND NOT EXISTS (SELECT 1 FROM image_use
                               WHERE image_use.alias = local_image.alias AND noun IN ('person', 'community', 'site'))""",
        before=before,
    )


SHOWING: Final = {
    "post": "SELECT id, creator_id FROM post WHERE (url LIKE :ours OR thumbnail_url LIKE :ours OR body LIKE :ours)",
    "comment": "SELECT id, creator_id FROM comment WHERE content LIKE :ours",
    "person": "SELECT id, id FROM person WHERE local AND (avatar LIKE :ours OR banner LIKE :ours OR bio LIKE :ours)",
    "community": """SELECT id, (SELECT person_id FROM community_moderator WHERE community_id = community.id ORDER BY id LIMIT 1)
                      FROM community WHERE local AND (icon LIKE :ours OR banner LIKE :ours OR description LIKE :ours)""",
    "site": """SELECT id, (SELECT person_id FROM local_user WHERE admin ORDER BY admin_since, id LIMIT 1) FROM site
                WHERE id IN (SELECT site_id FROM local_site)""",
}
"""Things that may show a picture kept here, each with the person whose deed that is."""


def showing(tx: Transaction, noun: str, after: int, limit: int) -> list[tuple[int, int]]:
    """The next things of a kind in `SHOWING`, with their persons; some may show a picture of another server at a like address."""
    sql = f"""WITH shown (id, actor) AS ({SHOWING[noun]})
              SELECT id, actor FROM shown WHERE id > :after AND actor IS NOT NULL ORDER BY id LIMIT :limit"""
    values: dict[str, Any] = {"after": after, "limit": limit} | ({} if noun == "site" else {"ours": "%/pictrs/image/%"})
    return [(row[0], row[1]) for row in tx.all(sql, **values)]


def lacking(tx: Transaction, after: str, limit: int) -> list[str]:
    """The next pictures of which only the row is there yet: those of a server that was taken over."""
    return tx.column(
        "SELECT alias FROM local_image WHERE file IS NULL AND source IS NULL AND alias > :after ORDER BY alias LIMIT :limit",
        after=after,
        limit=limit,
    )


def lacking_count(tx: Transaction) -> int:
    """How many those are."""
    return int(tx.value("SELECT COUNT(*) FROM local_image WHERE file IS NULL AND source IS NULL"))


def arrived(tx: Transaction, alias: str, file: str, size: int) -> None:
    """The file of such a picture is there now."""
    tx.run("UPDATE local_image SET file = :file, bytes = :size WHERE alias = :alias", alias=alias, file=file, size=size)
