"""Signed requests: a request line, headers and a body as text, with `{cavage}` and `{rfc9421}` for signatures that hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from lemmy_lite.crypto import digests, signatures
from lemmy_lite.crypto.signatures import Request, SignatureError
from tests.federation.lab import key_pair
from tests.fuzz.inputs import changed_text, samples, words
from tests.fuzz.target import Bench, Broken

NOW = 1_790_000_000_000_000
URL = "https://here.test/inbox"
BODY = '{"type":"Like"}'
KEY_ID = "https://there.test/u/ann#main-key"
TYPE = ("content-type", "application/activity+json")


@cache
def _good() -> dict[str, tuple[str, bytes, dict[str, str]]]:
    """For each scheme a request as text, the bytes that were signed, and its signature's place."""
    pem, body = key_pair(0).private_key, BODY.encode()
    made = {
        "cavage": signatures.sign_cavage("POST", URL, [TYPE], body, KEY_ID, pem, NOW, algorithm="hs2019"),
        "rfc9421": signatures.sign_rfc9421("POST", URL, [TYPE], body, KEY_ID, pem, NOW),
    }
    found = {}
    for name, added in made.items():
        text, hidden = f"POST /inbox\n{TYPE[0]}: {TYPE[1]}", {}
        for header, value in added:
            if header.lower() == "signature":
                start = value.index('signature="') + 11 if name == "cavage" else value.index(":") + 1
                end = len(value) - 1
                hidden[name] = value[start:end]
                value = f"{value[:start]}{{{name}}}{value[end:]}"
            text += f"\n{header.lower()}: {value}"
        text += f"\n\n{BODY}"
        found[name] = (text, signatures.examine(_request(text.replace(f"{{{name}}}", hidden[name])), NOW).base, hidden)
    return found


@contextmanager
def opened(_folder: Path) -> Iterator[Bench]:
    """Requests to an inbox."""
    yield Bench(changed_text(samples("signature"), words("signature")), check)


def check(text: str) -> None:
    """A request is refused with a reason, or every signed part of it is as its signer wrote it."""
    for _, _, hidden in _good().values():
        for name, signature in hidden.items():
            text = text.replace(f"{{{name}}}", signature)
    request = _request(text)
    try:
        signed = signatures.examine(request, NOW)
        signatures.verify(signed, key_pair(0).public_key)
    except SignatureError as refused:
        if not refused.reason or not refused.sentence:
            raise Broken("refused without a word") from refused
    else:
        if signed.base not in [base for _, base, _ in _good().values()]:
            raise Broken("a signature holds for what was not signed")
        if (request.target, request.body) != ("/inbox", BODY.encode()) or request.method.upper() != "POST":
            raise Broken("what was not signed goes through with a signature that holds")
        if signed.scheme == "rfc9421" and signed.key_id != KEY_ID:  # the draft does not sign it: whose key holds is asked afterwards
            raise Broken("a signature holds under another name of its key")
    signatures.wanted_components(text[:300])
    for name, value in request.headers:
        if name == "digest":
            _quiet_digest(value)


def _quiet_digest(value: str) -> None:
    try:
        digests.check_digest(value, BODY.encode())
        digests.check_content_digest(value, BODY.encode())
    except digests.DigestMismatch:
        return


def _request(text: str) -> Request:
    head, _, body = text.partition("\n\n")
    line, *rest = head.split("\n")
    method, _, target = line.partition(" ")
    headers = [(name.strip(), value.removeprefix(" ")) for name, _, value in (each.partition(":") for each in rest)]
    return Request(
        method=method, scheme="https", host="here.test", target=target, headers=headers, body=body.encode("utf-8", "surrogatepass")
    )
