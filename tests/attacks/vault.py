"""Which columns hold secrets, and what lies in them: for tests that look for it where it must not be.

A column whose name sounds like a secret and that is not in the table fails a test (test_secrets.py).
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from lemmy_lite.storage.query import Transaction


class Kind(StrEnum):
    """What a column holds."""

    CLEAR = "a secret as it is, since it is needed as it is"
    HASH = "the hash of a secret"
    OWN = "a secret that its owner may see again, and for pictures the admins"
    OPEN = "nothing that is secret"


COLUMNS: Final[Mapping[str, Kind]] = {
    "actor.private_key": Kind.CLEAR,
    "actor.public_key": Kind.OPEN,
    "captcha_answer.answer": Kind.CLEAR,
    "custom_emoji.shortcode": Kind.OPEN,
    "custom_emoji_keyword.keyword": Kind.OPEN,
    "email_verification.token_hash": Kind.HASH,
    "feed_key.serial": Kind.CLEAR,
    "local_image.delete_token": Kind.OWN,
    "local_user.enable_keyboard_navigation": Kind.OPEN,
    "local_user.password_encrypted": Kind.HASH,
    "local_user.totp_2fa_secret": Kind.OWN,
    "login_token.token_hash": Kind.HASH,
    "mail.token_hash": Kind.HASH,
    "password_reset_request.token_hash": Kind.HASH,
    "recovery_code.code_hash": Kind.HASH,
    "registration_application.answer": Kind.OPEN,
    "retired_key.private_key": Kind.CLEAR,
    "secret.value": Kind.CLEAR,
    "site.public_key": Kind.OPEN,
}

SOUNDS_SECRET: Final = re.compile(r"hash|secret|token|key|password|answer|serial|code|totp_2fa_s")
_SHORTEST: Final = 12
"""Characters; what is shorter, as the answer of a captcha, stands in other texts by chance."""


class Kept(NamedTuple):
    """A secret as it lies in a row."""

    column: str
    value: str
    kind: Kind


def columns(tx: Transaction) -> set[str]:
    """Every column of every table."""
    if tx.dialect.is_sqlite:
        tables = tx.column("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
        return {f"{table}.{row[1]}" for table in tables for row in tx.all(f"PRAGMA table_info({table})")}
    return {f"{row[0]}.{row[1]}" for row in tx.all("SELECT table_name, column_name FROM information_schema.columns")}


def contents(tx: Transaction) -> list[Kept]:
    """Everything secret that lies in the database; of a key its first line of figures."""
    found = []
    for name, kind in COLUMNS.items():
        if kind is Kind.OPEN:
            continue
        table, _, column = name.partition(".")
        for value in {*tx.column(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")}:
            text = value.splitlines()[1] if value.startswith("-----BEGIN") else value
            if len(text) >= _SHORTEST:
                found.append(Kept(name, text, kind))
    return found
