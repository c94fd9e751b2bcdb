"""The first tab of the administration, and trying a peer again."""

import shutil

import pytest

from lemmy_lite.domain.wear import Pace
from lemmy_lite.http.web.dashboard import RATED, life, size
from lemmy_lite.http.web.template_language import sentences
from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.ids import ActivityId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance
from tests.http.web.lab import PASSWORD, Place, Reader

QUIET = "quiet.example"


@pytest.fixture(scope="module")
def admin(place: Place) -> Reader:
    """The admin, of a site that could not tell one peer something."""

    def fail(tx: Transaction) -> None:
        number = instance.get_or_create(tx, QUIET)
        delivery.begin(tx, number, ActivityId(0))
        delivery.fail(tx, number, 3, tx.now + HOUR, asleep=False, trouble="It answers with status 503 <b>.")

    place.write(fail)
    return place.log_in("admin", PASSWORD)


def test_the_administration_begins_with_the_figures_of_the_instance(admin: Reader) -> None:
    page = admin.get("/admin")
    assert page.status == 200
    for words in ("accounts", "database", "free on the disk", "There is no backup yet.", "do not answer", QUIET, "3 tries failed"):
        assert words in page.text, words
    assert "It answers with status 503 &lt;b&gt;." in page.html


def test_a_peer_is_tried_again_by_a_button_and_its_failures_are_forgotten(admin: Reader, place: Place) -> None:
    page = admin.get("/admin").submit(press="Retry now")
    assert "It is tried again now." in page.text
    assert place.read(delivery.figures) == (1, 0, 0)
    assert QUIET not in page.text


def test_an_unknown_peer_is_refused_in_a_sentence(admin: Reader) -> None:
    token = dict(admin.get("/settings").forms[0].fields)["csrf"]
    answer = admin.post("/admin/retry", {"csrf": token, "domain": "<nobody>"})
    assert answer.status == 400
    assert "This site knows no such server." in answer.text


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 kB"), (999, "1 kB"), (12_300_000, "12 MB"), (1_440_000_000, "1.4 GB"), (2 * 10**9, "2.0 GB"), (7 * 10**15, "7000 TB")],
)
def test_sizes_are_short(number: int, words: str) -> None:
    assert size(number) == words


def test_a_backup_is_made_by_a_button_and_told_of(admin: Reader, place: Place) -> None:
    page = admin.get("/admin").submit(press="Make a backup now")
    assert "The backup is made." in page.text
    assert "The last good one was made just now" in page.text
    assert len(list((place.instance.config.data_dir / "backups" / "by-hand").rglob("manifest.json"))) == 1


def test_a_backup_that_fails_is_told_of_and_why(admin: Reader, place: Place) -> None:
    folder = place.instance.config.data_dir / "backups" / "by-hand"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("in the way")
    try:
        page = admin.get("/admin").submit(press="Make a backup now")
        assert page.status == 400
        assert "The backup could not be made." in page.text
        assert "The last try failed" in page.text
    finally:
        folder.unlink()


def test_nobody_but_an_admin_makes_a_backup(admin: Reader, place: Place) -> None:
    reader = place.member("curious")
    token = dict(reader.get("/settings").forms[0].fields)["csrf"]
    answer = reader.post("/admin/backup", {"csrf": token, "now": "true"})
    assert answer.status in (400, 403)
    assert not list((place.instance.config.data_dir / "backups" / "by-hand").rglob("manifest.json"))


def test_how_long_a_card_lasts_is_told_in_years_as_the_language_counts_them() -> None:
    def lasting(years: float) -> str:
        told = life(Pace(days=30, program=1, today=1, device=int(RATED * 10**12 / 365.25 / years)))
        assert told is not None
        return sentences("pl")(told)

    assert lasting(1.5).endswith("wystarczy na 1 rok")
    assert lasting(3.2).endswith("na 3 lata")
    assert lasting(12.1).endswith("na 12 lat")
    assert life(Pace(days=30, program=1, today=1)) is None
