"""The main deeds in w3m, which knows no script, no style sheet and no picture."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Site
from tests.browser.text_browser import TextBrowser
from tests.instances import PASSWORD, Client
from tests.interop.network import eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(w3m: str, site: Site, tmp_path: Path) -> Iterator[TextBrowser]:
    opened = TextBrowser(w3m, tmp_path / "home", site.instance.url)
    yield opened
    opened.close()


@pytest.fixture
def eve(site: Site) -> Client:
    """Somebody else, whose community and post there are, and a reader without both."""
    site.instance.registered("ann")
    eve = site.instance.registered("eve")
    home = eve.post("/community", name="tea", title="The tea room")["community_view"]["community"]
    eve.post("/post", name="How long to steep", body="I *always* forget.", community_id=home["id"])
    return eve


def test_the_main_deeds_are_done_in_a_text_browser(reader: TextBrowser, eve: Client, site: Site) -> None:
    def seen(statement: str, wanted: object) -> None:
        eventually(lambda: site.instance.execute(statement), lambda rows: rows == ([] if wanted is None else [(wanted,)]))

    address = site.instance.url
    reader.press("Log in")
    reader.fill("Name or e-mail", "ann")
    reader.fill("Password", PASSWORD)
    reader.press("Password", "Log in")
    reader.reads("Log out")
    seen(
        "SELECT COUNT(*) FROM login_token JOIN local_user u ON u.id = local_user_id JOIN person p ON p.id = person_id WHERE name = 'ann'", 2
    )

    reader.go(f"{address}/?listingType=All&sort=New")
    reader.press("How long to steep")
    reader.reads("always forget")
    reader.press("How long to steep", "Upvote")
    seen("SELECT score FROM post_vote JOIN person ON person.id = person_id WHERE name = 'ann'", 1)
    reader.press("How long to steep", "Save")
    seen("SELECT COUNT(*) FROM post_saved", 1)
    reader.write("Comment as ann", "Two minutes.")
    reader.press("Comment as ann", "Comment")
    reader.reads("Two minutes.")
    seen("SELECT content FROM comment", "Two minutes.")
    said = site.instance.execute("SELECT id, post_id FROM comment")[0]
    eve.post("/comment", post_id=said[1], parent_id=said[0], content="And for black tea?")

    reader.go(f"{address}/c/tea")
    reader.press("1 subscriber", "subscriber", "Subscribe")
    seen("SELECT COUNT(*) FROM community_follower f JOIN person p ON p.id = f.person_id WHERE name = 'ann'", 1)
    reader.go(f"{address}/create_post?community=tea")
    reader.write("Title", "A post from a terminal")
    reader.write("Text", "Green on *black*.")
    reader.press("NSFW", "Post")
    seen("SELECT body FROM post WHERE name = 'A post from a terminal'", "Green on *black*.")

    reader.go(f"{address}/search?q=steep")
    reader.reads("How long to steep")
    reader.go(f"{address}/inbox")
    reader.reads("And for black tea?")
    reader.press("And for black tea?", "Mark as read")
    seen("SELECT read FROM comment_reply JOIN person ON person.id = recipient_id WHERE name = 'ann'", 1)
    reader.go(f"{address}/u/eve")
    reader.press("@eve@", "Message")
    reader.write("read them", "Thank *you*.")
    reader.press("Formatting", "Send")
    seen("SELECT content FROM private_message", "Thank *you*.")
    reader.go(f"{address}/post/1/report")
    reader.write("What is wrong with it", "Too bitter")
    reader.press("What is wrong", "Report")
    seen("SELECT reason FROM post_report", "Too bitter")
    reader.press("Log out")
    seen(
        "SELECT COUNT(*) FROM login_token JOIN local_user u ON u.id = local_user_id JOIN person p ON p.id = person_id WHERE name = 'ann'", 1
    )
