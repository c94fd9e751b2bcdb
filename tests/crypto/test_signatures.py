"""What of a signed request is believed, and what is refused, for both kinds of signature."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmy_lite.crypto import keys, signatures
from lemmy_lite.crypto.signatures import Headers, Reason, Request, SignatureError
from lemmy_lite.model.clock import HOUR, MINUTE, SECOND, Micros

NOW: Micros = 1_790_000_000 * SECOND
PAIR = keys.generate_key_pair()
OTHER_PAIR = keys.generate_key_pair()
KEY_ID = "https://sender.example/u/alice#main-key"
URL = "https://here.example/inbox?lane=1"
BODY = b'{"type":"Like"}'
CONTENT_TYPE = ("Content-Type", "application/activity+json")

Signer = Callable[..., list[tuple[str, str]]]
BOTH = pytest.mark.parametrize("sign", [signatures.sign_cavage, signatures.sign_rfc9421])


def received(headers: Headers, *, method: str = "POST", target: str = "/inbox?lane=1", body: bytes = BODY) -> Request:
    return Request(method=method, scheme="https", host="here.example", target=target, headers=headers, body=body)


def signed_headers(sign: Signer, now: Micros = NOW) -> list[tuple[str, str]]:
    return [CONTENT_TYPE, *sign("POST", URL, [CONTENT_TYPE], BODY, KEY_ID, PAIR.private_key, now)]


def refusal(request: Request, now: Micros = NOW, key: str = PAIR.public_key) -> Reason:
    with pytest.raises(SignatureError) as caught:
        signatures.verify(signatures.examine(request, now), key)
    return caught.value.reason


def replaced(headers: Headers, name: str, value: str) -> list[tuple[str, str]]:
    assert any(key == name for key, _ in headers)
    return [(key, value if key == name else old) for key, old in headers]


def edited(headers: Headers, name: str, pattern: str, value: str) -> list[tuple[str, str]]:
    """The headers with one place of one header changed; the place must be there."""
    result = [(key, re.sub(pattern, value, old, count=1) if key == name else old) for key, old in headers]
    assert result != list(headers)
    return result


def without(headers: Headers, name: str) -> list[tuple[str, str]]:
    assert any(key == name for key, _ in headers)
    return [(key, value) for key, value in headers if key != name]


@BOTH
def test_what_we_sign_we_also_believe(sign: Signer) -> None:
    verified = signatures.verify(signatures.examine(received(signed_headers(sign)), NOW), PAIR.public_key)
    assert verified.key_id == KEY_ID
    assert verified.created == NOW


@BOTH
def test_a_signed_get_needs_no_digest(sign: Signer) -> None:
    headers = sign("GET", "https://here.example/u/bob", [], None, KEY_ID, PAIR.private_key, NOW)
    request = received(headers, method="GET", target="/u/bob", body=b"")
    assert signatures.verify(signatures.examine(request, NOW), PAIR.public_key).key_id == KEY_ID


def test_lemmys_hs2019_means_rsa_with_sha_256() -> None:
    headers = signatures.sign_cavage("POST", URL, [], BODY, KEY_ID, PAIR.private_key, NOW, algorithm="hs2019")
    assert signatures.verify(signatures.examine(received(headers), NOW), PAIR.public_key).scheme == "draft-cavage"


def doubled(name: str, headers: Headers) -> Request:
    return received([*headers, (name, "x")])


def stripped(name: str, headers: Headers) -> Request:
    return received(without(headers, name))


def received_edited(name: str, pattern: str, value: str, headers: Headers) -> Request:
    return received(edited(headers, name, pattern, value))


def tampered() -> Iterator[tuple[str, Signer, Callable[[list[tuple[str, str]]], Request], Reason]]:
    """Every change of a good request that must be refused, and why."""
    c, r = signatures.sign_cavage, signatures.sign_rfc9421
    for sign, digest in ((c, "Digest"), (r, "Content-Digest")):
        yield "another body", sign, lambda h: received(h, body=BODY + b" "), Reason.DIGEST
        yield "no body", sign, lambda h: received(h, body=b""), Reason.DIGEST
        yield "another path", sign, lambda h: received(h, target="/inbox2?lane=1"), Reason.WRONG_SIGNATURE
        yield "another query", sign, lambda h: received(h, target="/inbox?lane=2"), Reason.WRONG_SIGNATURE
        yield "another spelling", sign, lambda h: received(h, target="/%69nbox?lane=1"), Reason.WRONG_SIGNATURE
        yield "another method", sign, lambda h: received(h, method="PUT"), Reason.WRONG_SIGNATURE
        yield "another host", sign, lambda h: received(replaced(h, "Host", "there.example")), Reason.WRONG_HOST
        yield "another port", sign, lambda h: received(replaced(h, "Host", "here.example:8443")), Reason.WRONG_HOST
        yield "no host", sign, lambda h: received(without(h, "Host")), Reason.WRONG_HOST
        yield "two hosts", sign, lambda h: received([*h, ("host", "here.example")]), Reason.AMBIGUOUS
        yield "two digests", sign, partial(doubled, digest), Reason.AMBIGUOUS
        yield "two signatures", sign, lambda h: received([*h, h[-1]]), Reason.AMBIGUOUS
        yield "two types", sign, lambda h: received([*h, CONTENT_TYPE]), Reason.AMBIGUOUS
        yield "no digest", sign, partial(stripped, digest), Reason.NOT_COVERED
        yield "no signature", sign, lambda h: received(without(h, "Signature")), Reason.NOT_SIGNED
        yield "another type", sign, lambda h: received(replaced(h, "Content-Type", "text/html")), Reason.WRONG_SIGNATURE
        yield "a line break", sign, lambda h: received(replaced(h, "Content-Type", "a\nhost: b")), Reason.MALFORMED
    edits: list[tuple[str, Signer, str, str, str, Reason]] = [
        ("target uncovered", c, "Signature", r"\(request-target\) ", "", Reason.NOT_COVERED),
        ("host uncovered", c, "Signature", " host", "", Reason.NOT_COVERED),
        ("date uncovered", c, "Signature", " date", "", Reason.NOT_COVERED),
        ("digest uncovered", c, "Signature", " digest", "", Reason.NOT_COVERED),
        ("a part twice", c, "Signature", " host", " host host", Reason.AMBIGUOUS),
        ("covers what is absent", c, "Signature", " host", " host x-nothing", Reason.NOT_COVERED),
        ("covers a created it does not state", c, "Signature", "rsa-sha256(.*) date", r"hs2019\1 date (created)", Reason.NOT_COVERED),
        ("created with rsa", c, "Signature", " date", " date (created)", Reason.ALGORITHM),
        ("no list of parts", c, "Signature", 'headers="[^"]*",', "", Reason.NOT_COVERED),
        ("keyId twice", c, "Signature", "^", 'keyId="https://evil.example/#key",', Reason.AMBIGUOUS),
        ("signature twice", c, "Signature", "^", 'Signature="AAAA",', Reason.AMBIGUOUS),
        ("quotes escaped", c, "Signature", 'keyId="', 'keyId="\\\\"', Reason.MALFORMED),
        ("garbage behind", c, "Signature", "$", " x", Reason.MALFORMED),
        ("comma behind", c, "Signature", "$", ",", Reason.MALFORMED),
        ("weak algorithm", c, "Signature", "rsa-sha256", "rsa-sha1", Reason.ALGORITHM),
        ("keyed hash", c, "Signature", "rsa-sha256", "hmac-sha256", Reason.ALGORITHM),
        ("algorithm of another key", c, "Signature", "rsa-sha256", "ed25519", Reason.KEY),
        ("date changed", c, "Date", "GMT", "UTC", Reason.MALFORMED),
        ("digest of a weak kind", c, "Digest", "SHA-256=.*", "MD5=1B2M2Y8AsgTpgAmY7PhCfg==", Reason.DIGEST),
        ("digest with a second wrong one", c, "Digest", "$", ",SHA-512=AAAA", Reason.DIGEST),
        ("digest twice in one header", c, "Digest", "(.*)", r"\1,\1", Reason.DIGEST),
        ("method uncovered", r, "Signature-Input", '"@method" ', "", Reason.NOT_COVERED),
        ("path alone", r, "Signature-Input", "@target-uri", "@path", Reason.NOT_COVERED),
        ("host uncovered", r, "Signature-Input", '"@target-uri" "@authority"', '"@request-target"', Reason.NOT_COVERED),
        ("digest uncovered", r, "Signature-Input", ' "content-digest"', "", Reason.NOT_COVERED),
        ("a part twice", r, "Signature-Input", '"@method"', '"@method" "@method"', Reason.AMBIGUOUS),
        ("unknown derived part", r, "Signature-Input", '"@method"', '"@method" "@status"', Reason.NOT_COVERED),
        ("part with a parameter", r, "Signature-Input", '"@method"', '"@method";req', Reason.MALFORMED),
        ("upper case", r, "Signature-Input", "content-type", "Content-Type", Reason.MALFORMED),
        ("no time", r, "Signature-Input", r";created=\d+", "", Reason.NOT_COVERED),
        ("a time in quotes", r, "Signature-Input", r"created=(\d+)", r'created="\1"', Reason.MALFORMED),
        ("created twice", r, "Signature-Input", ";created", ";created=1;created", Reason.MALFORMED),
        ("keyid twice", r, "Signature-Input", ";keyid", ';keyid="x";keyid', Reason.MALFORMED),
        ("no key", r, "Signature-Input", ';keyid="[^"]*"', "", Reason.MALFORMED),
        ("expired", r, "Signature-Input", "$", f";expires={NOW // SECOND - 301}", Reason.EXPIRED),
        ("weak algorithm", r, "Signature-Input", "rsa-v1_5-sha256", "hmac-sha256", Reason.ALGORITHM),
        ("algorithm of another key", r, "Signature-Input", "rsa-v1_5-sha256", "ed25519", Reason.KEY),
        ("another label", r, "Signature", "sig1", "sig2", Reason.MALFORMED),
        ("label twice", r, "Signature", "(.*)", r"\1, \1", Reason.MALFORMED),
        ("a second signature", r, "Signature", "$", ", sig2=:AAAA:", Reason.AMBIGUOUS),
        ("created moved", r, "Signature-Input", r"created=\d+", f"created={NOW // SECOND - 1}", Reason.WRONG_SIGNATURE),
        ("parameters reordered", r, "Signature-Input", r"(;created=\d+)(;keyid=\S+)", r"\2\1", Reason.WRONG_SIGNATURE),
        ("bare bytes", r, "Signature", ":(.*):", r"\1", Reason.MALFORMED),
    ]
    for name, sign, header, pattern, value, reason in edits:
        yield name, sign, partial(received_edited, header, pattern, value), reason


TAMPERED = list(tampered())


@pytest.mark.parametrize(
    ("sign", "change", "reason"), [case[1:] for case in TAMPERED], ids=[f"{case[1].__name__}: {case[0]}" for case in TAMPERED]
)
def test_a_tampered_request_is_refused(sign: Signer, change: Callable[[list[tuple[str, str]]], Request], reason: Reason) -> None:
    headers = signed_headers(sign)
    assert refusal(change(headers)) is reason
    control = signatures.verify(signatures.examine(received(headers), NOW), PAIR.public_key)
    assert control.key_id == KEY_ID


@BOTH
def test_another_actors_key_is_refused(sign: Signer) -> None:
    assert refusal(received(signed_headers(sign)), key=OTHER_PAIR.public_key) is Reason.WRONG_SIGNATURE


@BOTH
def test_a_signature_is_good_for_an_hour_and_may_be_five_minutes_ahead(sign: Signer) -> None:
    request = received(signed_headers(sign))
    for moment in (NOW + HOUR, NOW - 5 * MINUTE):
        assert signatures.examine(request, moment).key_id == KEY_ID
    assert refusal(request, NOW + HOUR + SECOND) is Reason.TOO_OLD
    assert refusal(request, NOW - 5 * MINUTE - SECOND) is Reason.TOO_NEW


def test_a_fresh_created_does_not_excuse_a_stale_date() -> None:
    headers = edited(signed_headers(signatures.sign_rfc9421), "Signature-Input", '"@method"', '"@method" "date"')
    assert refusal(received([*headers, ("Date", "Sun, 05 Jan 2014 21:31:40 GMT")])) is Reason.TOO_OLD


def test_a_fresh_created_does_not_excuse_a_stale_date_in_the_older_draft_either() -> None:
    headers = signatures.sign_cavage("POST", URL, [], BODY, KEY_ID, PAIR.private_key, NOW, algorithm="hs2019")
    headers = edited(headers, "Signature", r'headers="(.*?)"', rf'created={NOW // SECOND},headers="(created) \1"')
    assert signatures.examine(received(headers), NOW).created == NOW
    assert refusal(received(replaced(headers, "Date", "Sun, 05 Jan 2014 21:31:40 GMT"))) is Reason.TOO_OLD


def test_the_key_decides_the_arithmetic_and_not_the_senders_word() -> None:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for sign in (signatures.sign_cavage, signatures.sign_rfc9421):
        assert refusal(received(signed_headers(sign)), key=pem) is Reason.KEY


def test_a_key_of_a_kind_we_do_not_know_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert refusal(received(signed_headers(signatures.sign_cavage)), key=pem) is Reason.KEY


def test_a_key_id_that_would_break_out_of_its_quotes_is_never_signed() -> None:
    for sign in (signatures.sign_cavage, signatures.sign_rfc9421):
        with pytest.raises(ValueError, match="plain URL"):
            sign("GET", URL, [], None, 'x",algorithm="none', PAIR.private_key, NOW)


def test_the_hosts_own_port_may_be_spelled_out() -> None:
    headers = signatures.sign_rfc9421("POST", URL, [], BODY, KEY_ID, PAIR.private_key, NOW)
    request = received(replaced(headers, "Host", "HERE.example:443"))
    assert signatures.verify(signatures.examine(request, NOW), PAIR.public_key).key_id == KEY_ID


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200), st.booleans())
def test_any_text_in_the_headers_is_refused_and_never_breaks_the_parser(first: str, second: str, modern: bool) -> None:
    headers = [("Host", "here.example"), ("Signature", first)]
    headers += [("Signature-Input", second)] if modern else []
    with pytest.raises(SignatureError):
        signatures.examine(received(headers), NOW)


HOSTILE = ["(" * 9000, 'sig1=("' * 500, 'keyId="' * 900, 'a="b",' * 1300, "sig1=(" + '"a" ' * 40 + ")", ",", "=", "sig1=();a=1.5"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_headers_are_refused(text: str) -> None:
    for headers in ([("Signature", text)], [("Signature", "sig1=:AAAA:"), ("Signature-Input", text)]):
        assert refusal(received([("Host", "here.example"), *headers])) in (Reason.MALFORMED, Reason.AMBIGUOUS)
