"""Passwords: how they are stored, and which stored texts still open the door."""

import asyncio
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
    passwords.even_out(password, None, None)


def test_too_long_a_password_is_not_stored() -> None:
    with pytest.raises(ValueError, match="too long"):
        passwords.hash_password("x" * 5000)


@pytest.mark.parametrize("adopted", [None, bcrypt.hashpw(b"of somebody", bcrypt.gensalt(4)).decode()], ids=["none", "bcrypt"])
def test_a_refusal_costs_the_same_for_nobody_and_for_everybody(adopted: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[str] = []

    def watch(kind: str) -> None:
        original = getattr(passwords, kind)

        def watched(secret: bytes, stored: str) -> bool:
            work.append(stored.split("$")[3] if kind == "_fits_argon2id" else "bcrypt")
            return bool(original(secret, stored))

        monkeypatch.setattr(passwords, kind, watched)

    stored = [
        None,
        "",
        "nonsense",
        passwords.hash_password("real"),
        *([bcrypt.hashpw(b"real", bcrypt.gensalt(4)).decode()] if adopted else []),
    ]
    passwords.even_out("prepared", None, None)
    watch("_fits_argon2id")
    watch("_fits_bcrypt")
    for text in stored:
        work.clear()
        assert text is None or passwords.check_password("guess", text) == WRONG
        passwords.even_out("guess", text, adopted)
        assert sorted(work) == sorted(["m=19456,t=2,p=1", *(["bcrypt"] if adopted else [])]), text


def test_who_waits_for_a_password_holds_no_thread_that_files_are_read_by() -> None:
    async def story() -> None:
        with passwords._one_at_a_time:
            waiting = [asyncio.create_task(passwords.aside(passwords.hash_password, "x")) for _ in range(100)]
            await asyncio.sleep(0.05)
            assert await asyncio.wait_for(asyncio.to_thread(int, "7"), 20) == 7
            assert not any(each.done() for each in waiting)
            for each in waiting[1:]:
                each.cancel()
        assert (await waiting[0]).startswith("$argon2id$")

    asyncio.run(story())


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
