"""HTTP signatures by draft-cavage-http-signatures-12, which nearly every ActivityPub server speaks.

`Signature: keyId="…",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="…"`
"""

import base64
import binascii
import re

from lemmy_lite.crypto import digests
from lemmy_lite.crypto.signed_request import (
    Headers,
    Reason,
    Request,
    SignatureError,
    SignedRequest,
    Window,
    check_host,
    check_time,
    covered_value,
    http_date,
    needs_digest,
    read_http_date,
    url_parts,
)
from lemmy_lite.model.clock import SECOND, Micros

SCHEME = "draft-cavage"

MAX_HEADER_CHARACTERS = 8192
MAX_COVERED = 32

_PARAMETER = re.compile(r'[ \t]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*=[ \t]*(?:"([^"\\]*)"|([0-9]{1,15}))[ \t]*(,|\Z)', re.ASCII)
_TIMES = ("created", "expires")
_CHECKS = {"digest": digests.check_digest, "content-digest": digests.check_content_digest}


def lines_to_sign(method: str, target: str, headers: Headers, covered: tuple[str, ...], times: dict[str, int]) -> bytes:
    """The text under the signature (section 2.3): one line for each covered part, joined by line feeds.

    `times` holds the seconds of `created` and `expires`. Raises SignatureError when a covered header is absent or ambiguous.
    """
    lines = []
    for name in covered:
        if name == "(request-target)":
            lines.append(f"{name}: {method.lower()} {target}")
        elif name in ("(created)", "(expires)"):
            if name[1:-1] not in times:
                raise SignatureError(Reason.NOT_COVERED, f"The signature covers {name} but does not state it.")
            lines.append(f"{name}: {times[name[1:-1]]}")
        else:
            lines.append(f"{name}: {covered_value(headers, name)}")
    try:
        return "\n".join(lines).encode("latin-1")
    except UnicodeEncodeError as cause:
        raise SignatureError(Reason.MALFORMED, "The request line holds characters beyond latin-1.") from cause


def prepare(
    method: str, url: str, headers: Headers, body: bytes | None, now: Micros
) -> tuple[list[tuple[str, str]], tuple[str, ...], bytes]:
    """What has to be sent besides the signature, the covered names, and the text to sign; for a request of ours.

    Host, Date and, with a body, Digest are added; a content type among `headers` is covered too. Lemmy, Mastodon, PieFed,
    Mbin, GoToSocial and Pleroma all accept this set.
    """
    _, host, target = url_parts(url)
    added = [("Host", host), ("Date", http_date(now))]
    covered = ["(request-target)", "host", "date"]
    if body is not None:
        added.append(("Digest", digests.digest(body)))
        covered.append("digest")
    content_type = [(name, value) for name, value in headers if name.lower() == "content-type"]
    if content_type:
        covered.append("content-type")
    return added, tuple(covered), lines_to_sign(method, target, [*added, *content_type], tuple(covered), {})


def header(key_id: str, algorithm: str, covered: tuple[str, ...], signature: bytes) -> tuple[str, str]:
    """The finished Signature header."""
    text = base64.b64encode(signature).decode()
    return "Signature", f'keyId="{key_id}",algorithm="{algorithm}",headers="{" ".join(covered)}",signature="{text}"'


def examine(request: Request, value: str, now: Micros, window: Window) -> SignedRequest:
    """Reads a Signature header and judges all but the signature itself. Raises SignatureError."""
    parameters = _parameters(value)
    key_id = _required(parameters, "keyId")
    signature = _bytes(_required(parameters, "signature"))
    algorithm = str(parameters.get("algorithm", "")).lower()
    times = {name: number for name in _TIMES if isinstance(number := parameters.get(name), int)}
    if any(name in parameters and name not in times for name in _TIMES):
        raise SignatureError(Reason.MALFORMED, "created and expires are whole numbers of seconds, without quotes.")
    covered = tuple(_required(parameters, "headers").lower().split(" "))
    _check_coverage(covered, algorithm, request)
    check_host(request)
    base = lines_to_sign(request.method, request.target, request.headers, covered, times)
    for name, check in _CHECKS.items():
        if name in covered:
            try:
                check(covered_value(request.headers, name), request.body)
            except digests.DigestMismatch as cause:
                raise SignatureError(Reason.DIGEST, str(cause)) from cause
    created = _check_times(request, covered, times, now, window)
    return SignedRequest(
        scheme=SCHEME, key_id=key_id, algorithm=algorithm, created=created, covered=covered, signature=signature, base=base
    )


def _parameters(value: str) -> dict[str, str | int]:
    if len(value) > MAX_HEADER_CHARACTERS:
        raise SignatureError(Reason.MALFORMED, "The Signature header is too long.")
    parameters: dict[str, str | int] = {}
    named: set[str] = set()
    at = 0
    while True:
        found = _PARAMETER.match(value, at)
        if not found:
            raise SignatureError(Reason.MALFORMED, f"The Signature header is unreadable at character {at}.")
        name, text, number, end = found.groups()
        # Two programs may differ in which of two equal names wins, so neither does. Names are told apart by case in the
        # draft; a sender that needs that has nothing good in mind.
        if (folded := name.lower()) in named:
            raise SignatureError(Reason.AMBIGUOUS, f"The Signature header states {name} twice.")
        named.add(folded)
        parameters[name] = text if text is not None else int(number)
        at = found.end()
        if not end:
            return parameters


def _required(parameters: dict[str, str | int], name: str) -> str:
    value = parameters.get(name)
    if not isinstance(value, str) or not value:
        # Without `headers` the draft means the date alone, which covers too little in any case.
        reason = Reason.NOT_COVERED if name == "headers" else Reason.MALFORMED
        raise SignatureError(reason, f"The Signature header does not state {name}.")
    return value


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise SignatureError(Reason.MALFORMED, "The signature is not base64.") from cause


def _check_coverage(covered: tuple[str, ...], algorithm: str, request: Request) -> None:
    if len(covered) > MAX_COVERED:
        raise SignatureError(Reason.MALFORMED, f"The signature covers more than {MAX_COVERED} parts.")
    if len(set(covered)) != len(covered):
        raise SignatureError(Reason.AMBIGUOUS, "The signature covers a part twice.")
    needed = ["(request-target)", "host"]
    needed += [] if "(created)" in covered else ["date"]
    for name in needed:
        if name not in covered:
            raise SignatureError(Reason.NOT_COVERED, f"The signature does not cover {name}.")
    if needs_digest(request) and not any(name in covered for name in _CHECKS):
        raise SignatureError(Reason.NOT_COVERED, "The signature does not cover a digest of the body.")
    if algorithm.startswith("rsa") and ("(created)" in covered or "(expires)" in covered):
        raise SignatureError(Reason.ALGORITHM, "The draft forbids (created) and (expires) with an rsa algorithm (section 2.3).")


def _check_times(request: Request, covered: tuple[str, ...], times: dict[str, int], now: Micros, window: Window) -> Micros:
    """Judges each covered time by itself: a fresh one does not excuse a stale one. Returns the one that counts."""
    expires = times["expires"] * SECOND if "(expires)" in covered else None
    stated = []
    if "(created)" in covered:
        stated.append(times["created"] * SECOND)
    if "date" in covered:
        stated.append(read_http_date(covered_value(request.headers, "date")))
    for created in stated:
        check_time(created, expires, now, window)
    return stated[0]
