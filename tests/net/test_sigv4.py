"""Signatures for S3, by the examples of Amazon's own documentation ("Examples: Signature calculations", SigV4 in the header)."""

import hashlib
from datetime import UTC, datetime

import pytest

from lemmy_lite.net import sigv4
from lemmy_lite.net.sigv4 import Credentials

WHO = Credentials(key_id="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
NOW = datetime(2013, 5, 24, tzinfo=UTC)
HOST = ("Host", "examplebucket.s3.amazonaws.com")

EXAMPLES = {
    "get with a range": (
        "GET",
        "/test.txt",
        [HOST, ("Range", "bytes=0-9")],
        b"",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "query without a value": (
        "GET",
        "/?lifecycle",
        [HOST],
        b"",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "query of two": (
        "GET",
        "/?prefix=J&max-keys=2",
        [HOST],
        b"",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_request_is_signed_as_amazon_s_examples_are(name: str) -> None:
    method, target, given, body, signature = EXAMPLES[name]
    added = dict(sigv4.headers(method, target, given, hashlib.sha256(body).hexdigest(), WHO, "us-east-1", NOW))
    assert added["x-amz-date"] == "20130524T000000Z"
    assert added["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="
    )
    assert added["authorization"].endswith(f",Signature={signature}")


def test_a_key_is_never_shown() -> None:
    assert WHO.secret not in repr(WHO)
    assert WHO.secret not in str(sigv4.headers("GET", "/", [HOST], sigv4.EMPTY, WHO, "us-east-1", NOW))
