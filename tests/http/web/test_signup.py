"""The door: a captcha where the site asks for one, read from the page itself and counted once."""

import re

import pytest

from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import captcha_answer, site
from tests.http.web.lab import PASSWORD, Page, Place


@pytest.fixture(autouse=True)
def with_captcha(place: Place) -> None:
    def ask(tx: Transaction) -> None:
        site.update_local(tx, registration_mode="Open", captcha_enabled=True)

    place.write(ask)


def answer_of(place: Place, page: Page) -> str:
    """What the picture shows, as only the server knows."""
    number = dict(page.form(field="captcha_uuid").fields)["captcha_uuid"]

    def take(tx: Transaction) -> str:
        answer = captcha_answer.take(tx, number, 0)
        assert answer
        captcha_answer.insert(tx, number, answer)
        return answer

    return place.write(take)


def test_who_reads_the_captcha_gets_in(place: Place) -> None:
    visitor = place.stranger()
    page = visitor.get("/signup")
    assert re.search(r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" alt="', page.html)
    assert re.search(r'<audio [^>]*src="data:audio/wav;base64,', page.html)
    policy = page.answer.headers["content-security-policy"]
    assert "img-src 'self' data:" in policy
    assert "default-src 'none'" in policy
    assert "data:" not in visitor.get("/login").answer.headers["content-security-policy"]
    done = page.submit(username="reader", password=PASSWORD, password_verify=PASSWORD, captcha_answer=answer_of(place, page))
    assert done.path == "/"
    assert "session" in visitor.cookies


def test_a_wrong_answer_is_told_beside_its_field_with_a_new_captcha(place: Place) -> None:
    page = place.stranger().get("/signup")
    failed = page.submit(username="guesser", password=PASSWORD, password_verify=PASSWORD, captcha_answer="wrong")
    assert failed.status == 400
    assert 'id="captcha_answer-fault"' in failed.html
    before, after = (dict(each.form(field="captcha_uuid").fields) for each in (page, failed))
    assert before["captcha_uuid"] != after["captcha_uuid"]
    assert after["username"] == "guesser"
    assert after["captcha_answer"] == ""
