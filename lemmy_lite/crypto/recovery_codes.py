"""Codes that people write down for the day on which their telephone is lost: sixteen letters and digits, in groups of four."""

import hashlib
import re
import secrets
from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: neither i, l, o nor u, which are read as others or make words."""
_LENGTH: Final = 16
"""80 random bits: not to be guessed, nor found from a stolen hash."""
_READ_AS: Final = str.maketrans("ilou", "110v")
_NO_SIGN: Final = re.compile(r"[\s\-\u2010-\u2015]+")


def new() -> str:
    """A code as it is shown, such as `k3f9-1m2p-x8qz-07vw`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _LENGTH, 4))


def normal(typed: str) -> str | None:
    """A typed code in the one form that is compared, however it was grouped; None for what cannot be one, such as an app's six digits."""
    letters = _NO_SIGN.sub("", typed).lower().translate(_READ_AS)
    return letters if len(letters) == _LENGTH and set(letters) <= set(ALPHABET) else None


def stored_hash(owner: int, normal_code: str) -> str:
    """What the database keeps of an account's code, 64 hexadecimal characters."""
    return hashlib.sha256(f"recovery code {owner} {normal_code}".encode()).hexdigest()
