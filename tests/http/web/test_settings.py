"""One's own account, by plain forms."""

import json
import re
from typing import Any

import pyotp
import pytest

from lemmy_lite.crypto import tokens
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import account_token
from lemmy_lite.storage.tables import local_user as accounts
from tests.http.web.lab import PASSWORD, Page, Place, Reader


@pytest.fixture
def ann(place: Place, request: pytest.FixtureRequest) -> Reader:
    """Another Ann for each test."""
    return place.member("ann_" + str(abs(hash(request.node.name)) % 10**8))


def filled(page: Page) -> dict[str, str]:
    return dict(page.form(action="/settings").fields)


def test_every_setting_is_kept_as_it_was_chosen(ann: Reader) -> None:
    before = filled(ann.get("/settings"))
    boxes = [
        "bot_account",
        "show_scores",
        "show_upvotes",
        "show_downvotes",
        "show_upvote_percentage",
        "show_avatars",
        "show_read_posts",
        "show_bot_accounts",
        "collapse_bot_comments",
        "auto_expand",
        "open_links_in_new_tab",
        "show_nsfw",
        "blur_nsfw",
        "send_notifications_to_email",
        "infinite_scroll_enabled",
        "enable_keyboard_navigation",
        "enable_animated_images",
    ]
    turned = {name: None if before.get(name) == "true" else "true" for name in boxes}
    chosen = {
        "display_name": "Ann of the house",
        "bio": "I like *tea*.",
        "matrix_user_id": "@ann:matrix.example",
        "theme": "darkly-pureblack",
        "density": "-compact",
        "default_listing_type": "Subscribed",
        "default_sort_type": "TopNineMonths",
        "post_listing_mode": "SmallCard",
        "interface_language": "en",
    }
    typed: dict[str, Any] = {**chosen, **turned, "languages": ["0", "37"]}
    saved = ann.get("/settings").submit(press="Save", **typed)
    assert "Your settings are saved" in saved.text
    after = filled(saved)
    assert {name: after[name] for name in chosen} == chosen
    assert {name for name in boxes if after.get(name) == "true"} == {name for name in boxes if turned[name]}
    ticked = [value for name, value in saved.form(action="/settings").fields if name == "languages"]
    assert ticked == ["0", "37"]
    assert 'data-theme="dark black" class="compact"' in saved.html
    assert saved.submit(press="Save").form(action="/settings").fields == saved.form(action="/settings").fields, "saving changes nothing"


def test_a_setting_that_is_refused_comes_back_as_typed_and_changes_nothing(ann: Reader) -> None:
    failed = ann.get("/settings").submit(press="Save", display_name="x", bio="Kept", theme="darkly")
    assert failed.status == 400
    assert filled(failed)["bio"] == "Kept"
    assert filled(ann.get("/settings"))["bio"] == ""
    assert filled(ann.get("/settings"))["theme"] == "browser"


def test_a_theme_of_another_front_end_survives_saving_something_else(ann: Reader, place: Place) -> None:
    name = ann.get("/settings").html.partition('href="/u/')[2].partition('"')[0]

    def choose(tx: Transaction) -> None:
        account = accounts.by_name_or_email(tx, name)
        assert account
        accounts.update(tx, account.id, theme="vaporwave-dark")

    place.write(choose)
    assert filled(ann.get("/settings").submit(press="Save", bio="New"))["theme"] == "vaporwave-dark"


def test_a_password_is_changed_and_other_sessions_end(place: Place) -> None:
    ann = place.member("password_ann")
    other = place.log_in("password_ann")
    form = ann.get("/settings/security")
    wrong = form.submit(
        press="Change the password", old_password="not it at all", new_password="a new password", new_password_verify="a new password"
    )
    assert "This is not your password" in wrong.text
    unlike = form.submit(
        press="Change the password", old_password=PASSWORD, new_password="a new password", new_password_verify="another one"
    )
    assert unlike.status == 400
    assert "a new password" not in unlike.html
    done = form.submit(
        press="Change the password", old_password=PASSWORD, new_password="a new password", new_password_verify="a new password"
    )
    assert "Your password is changed" in done.text
    assert ann.get("/settings").path == "/settings"
    assert other.get("/settings").path.startswith("/login")
    place.log_in("password_ann", "a new password")


def test_a_second_factor_is_scanned_confirmed_asked_for_and_turned_off(place: Place) -> None:
    ann = place.member("factor_ann")
    page = ann.get("/settings/security").submit(press="Set it up")
    secret = page.html.partition('<code class="secret">')[2].partition("<")[0]
    assert '<svg class="qr"' in page.html
    wrong = page.submit(press="Turn it on", totp_2fa_token="000000")
    assert wrong.status == 400
    assert secret in wrong.html, "the code that was scanned still counts"
    code = pyotp.TOTP(secret)
    now = place.instance.context.clock.now() // 10**6
    assert "The second factor is on" in wrong.submit(press="Turn it on", totp_2fa_token=code.at(now)).text
    asked = place.stranger().get("/login").submit(username_or_email="factor_ann", password=PASSWORD)
    assert "Code of your authenticator" in asked.text
    off = ann.get("/settings/security").submit(press="Turn it off", totp_2fa_token=code.at(now + 30))
    assert "The second factor is off" in off.text
    place.log_in("factor_ann")


def test_recovery_codes_are_shown_once_let_in_once_and_are_counted(place: Place) -> None:
    ann = place.member("recovered_ann")
    page = ann.get("/settings/security").submit(press="Set it up")
    code = pyotp.TOTP(page.html.partition('<code class="secret">')[2].partition("<")[0])
    now = place.instance.context.clock.now() // 10**6
    shown = page.submit(press="Turn it on", totp_2fa_token=code.at(now))
    codes = re.findall(r"<li><code>([0-9a-z-]{19})</code>", shown.html)
    assert len(set(codes)) == 10
    assert shown.answer.headers["cache-control"] == "no-store"
    again = ann.get("/settings/security")
    assert codes[0] not in again.html
    assert "10 recovery codes are left." in again.text
    asked = place.stranger().get("/login").submit(username_or_email="recovered_ann", password=PASSWORD)
    other = asked.submit(username_or_email="recovered_ann", password=PASSWORD, totp_2fa_token=codes[0])
    assert "session" in other.reader.cookies
    left = ann.get("/settings/security")
    assert "9 recovery codes are left. The last one was used just now" in left.text
    refused = left.submit(press="Make new recovery codes", totp_2fa_token=codes[0])
    assert refused.status == 400
    new = left.submit(press="Make new recovery codes", totp_2fa_token=code.at(now + 30))
    assert "These codes took the place of the old ones." in new.text
    assert not set(codes) & set(re.findall(r"<li><code>([^<]+)</code>", new.html))


def test_sessions_are_listed_and_ended_one_by_one_or_all_but_this(place: Place) -> None:
    ann = place.member("session_ann")
    second, third = place.log_in("session_ann"), place.log_in("session_ann")
    page = ann.get("/settings/security")
    assert page.text.count("Sign out") == 3, "two others, and one button for all others"
    page = page.submit(press="Sign out")
    alive = [reader for reader in (second, third) if reader.get("/settings").path == "/settings"]
    assert len(alive) == 1
    page.submit(press="Sign out everywhere else")
    assert alive[0].get("/settings").path.startswith("/login")
    assert ann.get("/settings").path == "/settings"


def test_nobody_ends_the_session_of_another(place: Place) -> None:
    ann, eve = place.member("ended_ann"), place.member("ending_eve")
    place.log_in("ended_ann")
    name = next(value for form in ann.get("/settings/security").forms for field, value, _ in form.buttons if field == "session")
    csrf = dict(eve.get("/settings/security").form(button="Change the password").fields)["csrf"]
    eve.post("/settings/sessions", {"csrf": csrf, "session": name})
    assert ann.get("/settings/security").text.count("Sign out") == 2


def test_people_communities_and_servers_are_blocked_and_unblocked(place: Place, ann: Reader) -> None:
    troll = place.person("troll")
    place.community(troll, "noise")
    page = ann.get("/settings/blocks")
    page = page.submit(page.form(field="person"), person="@troll")
    page = page.submit(next(form for form in page.forms if "community" in form.names), community="!noise")
    page = page.submit(next(form for form in page.forms if "instance" in form.names), instance="loud.example")
    assert "troll" in page.text
    assert "noise" in page.text
    assert "loud.example" in page.text
    for _ in range(3):
        page = page.submit(press="Unblock")
    assert "You have blocked nobody" in page.text
    assert "You have blocked no community" in page.text
    assert "You have blocked no server" in page.text
    failed = page.submit(page.form(field="person"), person="nobody_at_all")
    assert failed.status == 400
    assert "nobody_at_all" in failed.html


def test_a_community_is_blocked_on_its_own_page(place: Place, ann: Reader) -> None:
    place.community(place.person("crier"), "cries")
    assert "Unblock" in ann.get("/c/cries").submit(press="Block").text
    assert "cries" in ann.get("/settings/blocks").text
    assert "Unblock" not in ann.get("/c/cries").submit(press="Unblock").text


def test_settings_move_to_another_account_in_a_file(place: Place) -> None:
    ann, bob = place.member("moving_ann"), place.member("moving_bob")
    ann.get("/settings").submit(press="Save", bio="Moved along", theme="darkly")
    place.community(place.person("keeper"), "kept")
    ann.get("/c/kept").submit(press="Block")
    file = ann.get("/settings/export")
    assert file.answer.headers["content-disposition"] == "attachment; filename*=UTF-8''moving_ann-lemmy-settings.json"
    assert json.loads(file.html)["blocked_communities"] == ["http://hearth.test/c/kept"]
    taken = sent_file(bob, file.html.encode())
    assert "Your settings are taken in" in taken.text
    assert filled(bob.get("/settings"))["bio"] == "Moved along"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"settings": {}}', b"[" * 100_000, b'{"followed_communities": [1]}'])
def test_a_file_that_is_none_is_refused_beside_its_field(place: Place, ann: Reader, body: bytes) -> None:
    answer = sent_file(ann, body)
    assert answer.status == 400
    assert 'id="settings_file-fault"' in answer.html


def sent_file(reader: Reader, body: bytes) -> Page:
    page = reader.get("/settings/data")
    return page.submit(page.form(field="settings_file"), files={"settings_file": body})


def test_an_account_is_deleted_after_a_tick_and_the_password(place: Place) -> None:
    ann = place.member("leaving_ann")
    form = ann.get("/settings/data")
    assert form.submit(press="Delete the account", password=PASSWORD).status == 400
    assert "This is not your password" in form.submit(press="Delete the account", sure="true", password="not the password").text
    gone = form.submit(press="Delete the account", sure="true", password=PASSWORD)
    assert gone.path == "/"
    assert ann.get("/settings").path.startswith("/login")
    assert place.stranger().get("/login").submit(username_or_email="leaving_ann", password=PASSWORD).status == 400


def test_a_lost_password_is_set_anew_by_the_link_of_a_mail(place: Place) -> None:
    place.person("lost_ann", email="lost@mail.example", email_verified=True)
    refused = place.stranger().get("/login_reset").submit(email="lost@mail.example")
    assert refused.status == 400, "this site sends no mail, and says so"

    def remember(tx: Transaction) -> None:
        account = accounts.by_email(tx, "lost@mail.example")
        assert account
        account_token.insert_reset(tx, tokens.stored_hash("the-token"), account.id)

    place.write(remember)
    visitor = place.stranger()
    form = visitor.get("/password_change/the-token")
    assert form.submit(password="short", password_verify="short").status == 400
    done = form.submit(password="a third password", password_verify="a third password")
    assert "Your new password is set" in done.text
    place.log_in("lost_ann", "a third password")
    stale = visitor.get("/password_change/the-token").submit(password="a third password", password_verify="a third password")
    assert "This link counts no more" in stale.text


def test_an_address_is_confirmed_by_a_button_and_not_by_a_program_that_follows_links(place: Place) -> None:
    place.person("mail_ann", email="mail@mail.example")

    def remember(tx: Transaction) -> None:
        account = accounts.by_email(tx, "mail@mail.example")
        assert account
        account_token.insert_verification(tx, tokens.stored_hash("the-proof"), account.id, "mail@mail.example")

    place.write(remember)
    visitor = place.stranger()
    page = visitor.get("/verify_email/the-proof")
    assert not is_verified(place)
    assert "Your address is confirmed" in page.submit(press="Confirm").text
    assert is_verified(place)
    assert visitor.get("/verify_email/the-proof").submit(press="Confirm").status == 400


def is_verified(place: Place) -> bool:
    account = place.read(accounts.by_email, "mail@mail.example")
    return account is not None and account.email_verified


def test_settings_are_only_for_their_owner(place: Place) -> None:
    for path in ("/settings", "/settings/security", "/settings/blocks", "/settings/uploads", "/settings/data", "/settings/export"):
        assert place.stranger().get(path).path.startswith("/login?prev="), path
