"""Actors' key pairs: generated, parsed within bounds, and kept parsed.

Checking an RSA private key while parsing it costs some 45 ms on a fast machine and ten times that on a small board, more than
a hundred signatures. So parsed keys are remembered, and a key of our own is not proved again each time it is read.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeVar

from lemmy_lite.model.struct import Struct

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    PublicKey = RSAPublicKey | Ed25519PublicKey

Key = TypeVar("Key")

MIN_RSA_BITS = 2048
"""What every peer generates. Shorter keys can be forged by people with money."""
MAX_RSA_BITS = 4096
"""The sender chooses the key and we do the work: a 16384 bit key would cost fifty times a 2048 bit one."""
MAX_RSA_EXPONENT = 2**32
"""Everybody uses 65537. The cost of checking grows with the exponent's length, which is the sender's choice too."""
MAX_PRIVATE_PEM_CHARACTERS = 8192
"""A private RSA key of 4096 bits takes some 3300 characters."""
MAX_PUBLIC_PEM_CHARACTERS = 2048
"""A public RSA key of 4096 bits takes some 800. Strangers choose these texts, and they are remembered."""

PRIVATE_KEYS_KEPT = 256
PUBLIC_KEYS_KEPT = 2048
"""Parsed keys held in memory, about 2 kB each with their text: some 5 MB at most."""


class KeyPair(Struct):
    """An actor's keys as PEM text: PKCS#8 for the private one, SubjectPublicKeyInfo for the public one, as Lemmy stores them."""

    private_key: str
    public_key: str


class KeyRefused(ValueError):
    """A key that we will not work with; the text is a sentence fit for a log."""


def generate_key_pair() -> KeyPair:
    """A new RSA key pair of 2048 bits, the only kind that every peer can check.

    Takes 60 ms on a fast machine and up to a second on a small board: call it off the event loop and outside of transactions.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=MIN_RSA_BITS)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private_key=private.decode(), public_key=public.decode())


@lru_cache(maxsize=PRIVATE_KEYS_KEPT)
def own_private_key(pem: str) -> "RSAPrivateKey":
    """The parsed private key of one of our actors, remembered.

    The key's arithmetic is not proved again (`unsafe_skip_rsa_key_validation`): the text comes from our own database, written
    by `generate_key_pair` or accepted by `check_private_key`. A stranger's private key never comes this way.

    Raises KeyRefused.
    """
    return _private_key(pem, trusted=True)


def forget_private_keys() -> None:
    """Let the parsed private keys go from memory: one of them was replaced."""
    own_private_key.cache_clear()


def check_private_key(pem: str) -> KeyPair:
    """Proves a private key that we did not make, when another instance's data is adopted, and derives its public half.

    Raises KeyRefused when the text is no RSA key within bounds, or its numbers do not fit each other.
    """
    from cryptography.hazmat.primitives import serialization

    key = _private_key(pem, trusted=False)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private_key=pem, public_key=public.decode())


@lru_cache(maxsize=PUBLIC_KEYS_KEPT)
def public_key(pem: str) -> "PublicKey":
    """A peer's parsed public key, remembered: RSA within bounds, or Ed25519, which signs by RFC 9421 only.

    Raises KeyRefused.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = _parse(pem, MAX_PUBLIC_PEM_CHARACTERS, serialization.load_pem_public_key)
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise KeyRefused("The public key is neither RSA nor Ed25519.")
    _check_size(key)
    return key


def _private_key(pem: str, *, trusted: bool) -> "RSAPrivateKey":
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    load = partial(serialization.load_pem_private_key, password=None, unsafe_skip_rsa_key_validation=trusted)
    key = _parse(pem, MAX_PRIVATE_PEM_CHARACTERS, load)
    if not isinstance(key, RSAPrivateKey):
        raise KeyRefused("The private key is not an RSA key.")
    _check_size(key.public_key())
    return key


def _parse(pem: str, longest: int, load: Callable[[bytes], Key]) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm

    if len(pem) > longest:
        raise KeyRefused(f"The key is longer than {longest} characters.")
    try:
        return load(pem.encode("ascii"))
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise KeyRefused("The key is not readable PEM text of a kind we know.") from cause


def _check_size(key: "RSAPublicKey") -> None:
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise KeyRefused(f"The RSA key has {key.key_size} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted.")
    if key.public_numbers().e >= MAX_RSA_EXPONENT:
        raise KeyRefused("The RSA key's exponent is unreasonably large.")
