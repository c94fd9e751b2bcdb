"""Who voted on what, on both databases."""

from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.paging import Page
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables.vote import Kind
from lemmy_lite.storage.views import vote
from tests.domain.threads import comment, told
from tests.storage import rows
from tests.storage.rows import NOON


def test_votes_are_listed_downvotes_first_then_by_time_with_bans_and_in_pages(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, town = rows.person(tx), rows.community(tx)
        post = rows.post(tx, ada, town)
        written = comment(tx, ada, rows.post(tx, ada, town))
        late, early, against, bystander = (rows.person(tx, name) for name in ("late", "early", "against", "bystander"))
        rows.link(tx, "community_person_ban", community_id=town, person_id=early)
        rows.link(tx, "community_person_ban", community_id=town, person_id=late, expires=NOON - HOUR)
        rows.link(tx, "community_person_ban", community_id=rows.community(tx, "other"), person_id=against)
        targets: list[tuple[Kind, int]] = [("post", post), ("comment", written)]
        for kind, number in targets:
            for age, person, score in ((1, late, 1), (2, early, 1), (0, against, -1)):
                tx.run(
                    f"""INSERT INTO {kind}_vote ({kind}_id, person_id, score, published, local)
                        VALUES (:number, :person, :score, :when, :local)""",
                    number=number,
                    person=person,
                    score=score,
                    when=NOON - age * HOUR,
                    local=False,
                )
            found = vote.likes(tx, kind, number, Page())
            assert [(view.creator.id, view.score, view.creator_banned_from_community) for view in found] == [
                (against, -1, False),
                (early, 1, True),
                (late, 1, False),
            ]
            assert [view.creator.id for view in vote.likes(tx, kind, number, Page(limit=2, number=2))] == [late]
            assert bystander not in {view.creator.id for view in found}

    told(database_url, story)
