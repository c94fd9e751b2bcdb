"""Published test vectors: RFC 9421 (4.3, B.2.6), draft-cavage-12 (C.2, C.3), RFC 9530."""

import base64
import re

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lemmy_lite.crypto import cavage, digests, keys, rfc9421, signatures
from lemmy_lite.crypto.signatures import Reason, Request, SignatureError, SignedRequest
from lemmy_lite.crypto.structured_fields import parse_byte_sequences, parse_inner_lists
from lemmy_lite.model.clock import SECOND

RSA_PUBLIC = """-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----
"""
ED25519_PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
CAVAGE_PUBLIC = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
"""
BODY = b'{"hello": "world"}'

PROXY_INPUT = (
    'proxy_sig=("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded")'
    ';created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540'
)
PROXY_SIGNATURE = (
    "proxy_sig=:S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmdkDcnL9cCpXJleXsOckpURl49"
    "GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtfl"
    "zvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==:"
)
B26_INPUT = 'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"'
B26_SIGNATURE = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"


def rfc_request(host: str, *extra: tuple[str, str], target: str = "/foo") -> Request:
    headers = [
        ("Host", host),
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", "application/json"),
        (
            "Content-Digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("Content-Length", "18"),
        *extra,
    ]
    return Request(method="POST", scheme="https", host=host, target=target, headers=headers, body=BODY)


def test_the_rsa_signature_of_rfc_9421_section_4_3_is_verified() -> None:
    request = rfc_request(
        "origin.host.internal.example",
        ("Forwarded", "for=192.0.2.123;host=example.com;proto=https"),
        ("Signature-Input", PROXY_INPUT),
        ("Signature", PROXY_SIGNATURE),
    )
    signed = signatures.examine(request, 1618884500 * SECOND)
    verified = signatures.verify(signed, RSA_PUBLIC)
    assert (verified.scheme, verified.key_id, verified.created) == ("rfc9421", "test-key-rsa", 1618884480 * SECOND)


def test_the_same_vector_with_its_uncovered_query_is_refused() -> None:
    request = rfc_request(
        "origin.host.internal.example",
        ("Forwarded", "for=192.0.2.123;host=example.com;proto=https"),
        ("Signature-Input", PROXY_INPUT),
        ("Signature", PROXY_SIGNATURE),
        target="/foo?param=Value&Pet=dog",
    )
    with pytest.raises(SignatureError) as refusal:
        signatures.examine(request, 1618884500 * SECOND)
    assert refusal.value.reason is Reason.NOT_COVERED


def test_the_ed25519_signature_of_rfc_9421_b_2_6_is_verified_but_its_uncovered_body_is_refused() -> None:
    request = rfc_request("example.com", ("Signature-Input", B26_INPUT), ("Signature", B26_SIGNATURE))
    member = parse_inner_lists(B26_INPUT)["sig-b26"]
    base = rfc9421.lines_to_sign(request, member.items, member.text)
    assert base.decode().split("\n") == [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@authority": example.com',
        '"content-type": application/json',
        '"content-length": 18',
        '"@signature-params": ' + B26_INPUT.removeprefix("sig-b26="),
    ]
    signed = SignedRequest(
        scheme=rfc9421.SCHEME,
        key_id="test-key-ed25519",
        algorithm="",
        created=1618884473 * SECOND,
        covered=member.items,
        signature=parse_byte_sequences(B26_SIGNATURE)["sig-b26"],
        base=base,
    )
    assert signatures.verify(signed, ED25519_PUBLIC).key_id == "test-key-ed25519"
    with pytest.raises(SignatureError) as refusal:
        signatures.examine(request, 1618884473 * SECOND)
    assert refusal.value.reason is Reason.NOT_COVERED


CAVAGE_HEADERS = [
    ("Host", "example.com"),
    ("Date", "Sun, 05 Jan 2014 21:31:40 GMT"),
    ("Content-Type", "application/json"),
    ("Digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
    ("Content-Length", "18"),
]


@pytest.mark.parametrize(
    ("covered", "signature"),
    [
        (
            "(request-target) host date",
            (
                "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSW"
                "kx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="
            ),
        ),
        (
            "(request-target) host date content-type digest content-length",
            (
                "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS"
                "2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="
            ),
        ),
    ],
)
def test_the_signed_text_is_that_of_the_cavage_vectors(covered: str, signature: str) -> None:
    base = cavage.lines_to_sign("POST", "/foo?param=value&pet=dog", CAVAGE_HEADERS, tuple(covered.split(" ")), {})
    key = serialization.load_pem_public_key(CAVAGE_PUBLIC.encode())
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(signature), base, padding.PKCS1v15(), hashes.SHA256())


def test_the_cavage_vectors_own_key_of_1024_bits_is_too_short_for_us() -> None:
    with pytest.raises(keys.KeyRefused, match="1024 bits"):
        keys.public_key(CAVAGE_PUBLIC)


def test_digests_are_those_of_the_published_examples() -> None:
    assert digests.digest(BODY) == "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
    assert digests.content_digest(BODY + b"\n") == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    digests.check_content_digest(dict(rfc_request("example.com").headers)["Content-Digest"], BODY)
    assert re.fullmatch("sha-256=:[^:]{44}:", digests.content_digest(b""))
