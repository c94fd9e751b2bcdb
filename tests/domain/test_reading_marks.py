"""Which posts somebody has read: marked once, whatever else is done with them."""

from pathlib import Path

from lemmy_lite.domain import post as posts
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.sqlite import SqliteSession
from tests.domain.house import House, told


def _changes(session: Session) -> int:
    """How many rows the writer has changed so far."""
    assert isinstance(session, SqliteSession)
    return session.connection.total_changes


def test_a_post_that_is_marked_already_is_not_written_again_and_one_marked_as_unread_is(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        ada, bob = await house.person("ada"), await house.person("bob")
        written = await house.post(ada, (await house.community(ada)).id)

        def marked(tx: Transaction) -> list[bool]:
            return [bool(each) for each in tx.column("SELECT marked FROM post_read WHERE person_id = :bob", bob=bob.id)]

        for read, changes in ((True, 1), (True, 0), (False, 1), (False, 0), (True, 1)):
            before = await house.database.maintain(_changes)
            await house.database.write(posts.mark_as_read, bob, [written.id], read)
            assert await house.database.maintain(_changes) == before + changes
            assert await house.database.read(marked) == [read]

    told(f"sqlite://{tmp_path}/lemmy.db", story)
