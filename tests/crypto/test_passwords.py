"""Passwords: how they are stored, and which stored texts still open the door."""

import threading

import bcrypt
import pytest

from lemmy_lite.crypto import passwords

RIGHT, WRONG = passwords.Check(correct=True, needs_rehash=False), passwords.Check(correct=False, needs_rehash=False)
RIGHT_BUT_OLD = passwords.Check(correct=True, needs_rehash=True)


def test_a_password_is_stored_as_argon2id_and_opens_again() -> None:
    stored = passwords.hash_password("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.check_password("correct horse", stored) == RIGHT
    assert passwords.check_password("Correct horse", stored) == WRONG


def test_the_same_password_is_stored_differently_each_time() -> None:
    assert passwords.hash_password("same") != passwords.hash_password("same")


def test_a_hash_from_lemmy_opens_and_asks_to_be_stored_anew() -> None:
    stored = bcrypt.hashpw(b"lemmylemmy", bcrypt.gensalt(4)).decode()
    assert passwords.check_password("lemmylemmy", stored) == RIGHT_BUT_OLD
    assert passwords.check_password("lemmylemmz", stored) == WRONG


def test_a_long_password_adopted_from_lemmy_still_opens() -> None:
    password = "pässwörd" * 12
    stored = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    assert passwords.check_password(password, stored) == RIGHT_BUT_OLD


def test_an_argon2id_hash_with_other_parameters_asks_to_be_stored_anew() -> None:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    stored = Argon2id(salt=b"s" * 16, length=32, iterations=1, lanes=1, memory_cost=8192).derive_phc_encoded(b"old")
    assert passwords.check_password("old", stored) == RIGHT_BUT_OLD


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "plain\n",
        "$argon2id$v=19$m=9999999,t=2,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
        "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
        "$argon2id$v=19$m=19456,t=0,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
        "$2b$31$" + "a" * 53,
        "$2b$04$" + "!" * 53,
    ],
)
def test_a_stored_text_that_we_would_not_write_opens_for_nobody(stored: str) -> None:
    assert passwords.check_password("plain", stored) == WRONG


@pytest.mark.parametrize("password", ["\ud800", "x" * 5000, ""])
def test_odd_passwords_are_wrong_and_not_an_accident(password: str) -> None:
    assert passwords.check_password(password, passwords.hash_password("something")) == WRONG
    assert passwords.check_against_nobody(password) == WRONG


def test_too_long_a_password_is_not_stored() -> None:
    with pytest.raises(ValueError, match="too long"):
        passwords.hash_password("x" * 5000)


def test_nobody_costs_one_hash_like_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[str] = []
    passwords.check_against_nobody("prepared")
    original = passwords._fits_argon2id

    def watched(secret: bytes, stored: str) -> bool:
        work.append(stored)
        return original(secret, stored)

    monkeypatch.setattr(passwords, "_fits_argon2id", watched)
    passwords.check_against_nobody("guess")
    passwords.check_password("guess", passwords.hash_password("real"))
    assert [text.split("$")[3] for text in work] == ["m=19456,t=2,p=1"] * 2


def test_hashes_wait_for_each_other() -> None:
    finished = threading.Event()

    def work() -> None:
        passwords.hash_password("x")
        finished.set()

    with passwords._one_at_a_time:
        thread = threading.Thread(target=work)
        thread.start()
        assert not finished.wait(0.3)
    thread.join(30)
    assert finished.is_set()


def test_a_stored_hash_that_wants_too_much_memory_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = passwords.hash_password("right")
    monkeypatch.setattr(passwords, "MAX_MEMORY_KIB", passwords.MEMORY_KIB - 1)
    assert passwords.check_password("right", stored) == WRONG
