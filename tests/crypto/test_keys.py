"""Key pairs: what we make, and which keys of others we work with."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from lemmy_lite.crypto import keys


def public_pem(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_new_pair_has_lemmys_formats_and_fits_together() -> None:
    pair = keys.generate_key_pair()
    assert pair.private_key.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert pair.public_key.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert keys.check_private_key(pair.private_key) == pair
    assert keys.own_private_key(pair.private_key).key_size == 2048


def test_keys_are_parsed_once() -> None:
    pair = keys.generate_key_pair()
    assert keys.own_private_key(pair.private_key) is keys.own_private_key(pair.private_key)
    assert keys.public_key(pair.public_key) is keys.public_key(pair.public_key)


def test_what_is_remembered_is_bounded() -> None:
    with pytest.raises(keys.KeyRefused, match="longer"):
        keys.public_key("chatter\n" * 200 + keys.generate_key_pair().public_key)
    assert keys.own_private_key.cache_parameters()["maxsize"] == keys.PRIVATE_KEYS_KEPT
    assert keys.public_key.cache_parameters()["maxsize"] == keys.PUBLIC_KEYS_KEPT


def test_rsa_keys_of_2048_to_4096_bits_are_accepted() -> None:
    for bits in (2048, 3072):
        assert isinstance(keys.public_key(public_pem(bits)), rsa.RSAPublicKey)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(keys.KeyRefused, match="1024 bits"):
        keys.public_key(public_pem(1024))


def test_a_key_that_costs_too_much_is_refused() -> None:
    for numbers in (rsa.RSAPublicNumbers(65537, (1 << 8192) + 1), rsa.RSAPublicNumbers(2**40 + 1, (1 << 2047) + 1)):
        pem = numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(keys.KeyRefused):
            keys.public_key(pem)


def test_ed25519_is_read_as_a_public_key_only() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert isinstance(keys.public_key(pem), ed25519.Ed25519PublicKey)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(keys.KeyRefused):
        keys.own_private_key(private)


@pytest.mark.parametrize("text", ["", "é", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "x" * 9000])
def test_what_is_no_key_is_refused_in_a_sentence(text: str) -> None:
    for load in (keys.public_key, keys.own_private_key, keys.check_private_key):
        with pytest.raises(keys.KeyRefused, match=r"\.$"):
            load(text)


def test_an_adopted_private_key_whose_numbers_do_not_fit_is_refused() -> None:
    good = rsa.generate_private_key(65537, 2048).private_numbers()
    other = rsa.generate_private_key(65537, 2048).private_numbers()
    mixed = rsa.RSAPrivateNumbers(good.p, good.q, other.d, good.dmp1, good.dmq1, good.iqmp, good.public_numbers)
    key = mixed.private_key(unsafe_skip_rsa_key_validation=True)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(keys.KeyRefused):
        keys.check_private_key(pem)
