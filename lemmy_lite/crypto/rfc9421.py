"""HTTP Message Signatures, RFC 9421, as Fedify, Mastodon and others begin to speak them.

`Signature-Input: sig1=("@method" "@target-uri" "content-digest");created=…;keyid="…"` and `Signature: sig1=:…:`
"""

import base64
import re

from lemmy_lite.crypto import digests
from lemmy_lite.crypto.signed_request import (
    Headers,
    Reason,
    Request,
    SignatureError,
    SignedRequest,
    Window,
    authority,
    check_host,
    check_time,
    covered_value,
    http_date,
    needs_digest,
    read_http_date,
    url_parts,
)
from lemmy_lite.crypto.structured_fields import InnerList, MalformedField, parse_byte_sequences, parse_inner_lists
from lemmy_lite.model.clock import SECOND, Micros

SCHEME = "rfc9421"

LABEL = "sig1"
_WE_CAN_COVER = ("@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query", "host", "date")
"""Besides digest and type of a body, which a GET has not."""
_WANTED_TIMES = re.compile(r"; *(?:created|expires)(?=[;, ]|$)", re.ASCII)
"""An Accept-Signature names these without a value. We always state when we sign."""
_CHECKS = {"digest": digests.check_digest, "content-digest": digests.check_content_digest}


def lines_to_sign(request: Request, covered: tuple[str, ...], parameters_text: str) -> bytes:
    """The signature base (section 2.5). `parameters_text` is the member of Signature-Input exactly as sent.

    Raises SignatureError for a derived component that we do not know and for absent or ambiguous headers.
    """
    derived = _derived(request)
    lines = []
    for name in covered:
        if name.startswith("@"):
            if name not in derived:
                raise SignatureError(Reason.NOT_COVERED, f"The signature covers {name}, which we do not know.")
            value = derived[name]
        else:
            value = covered_value(request.headers, name)
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {parameters_text}')
    try:
        return "\n".join(lines).encode("latin-1")
    except UnicodeEncodeError as cause:
        raise SignatureError(Reason.MALFORMED, "The request line holds characters beyond latin-1.") from cause


def prepare(
    method: str, url: str, headers: Headers, body: bytes | None, key_id: str, algorithm: str, now: Micros, also: tuple[str, ...] = ()
) -> tuple[list[tuple[str, str]], str, bytes]:
    """What has to be sent besides the signature, the text after `sig1=` in Signature-Input, and the text to sign."""
    scheme, host, target = url_parts(url)
    added = [("Host", host)]
    if "date" in also:
        added.append(("Date", http_date(now)))
    covered = ["@method", "@target-uri", "@authority"]
    if body is not None:
        added.append(("Content-Digest", digests.content_digest(body)))
        covered.append("content-digest")
    content_type = [(name, value) for name, value in headers if name.lower() == "content-type"]
    if content_type:
        covered.append("content-type")
    covered += [name for name in also if name not in covered and name in _WE_CAN_COVER]
    names = " ".join(f'"{name}"' for name in covered)
    text = f'({names});created={now // SECOND};keyid="{key_id}";alg="{algorithm}"'
    request = Request(method=method, scheme=scheme, host=host, target=target, headers=[*added, *content_type], body=body or b"")
    return added, text, lines_to_sign(request, tuple(covered), text)


def wanted_components(accept_signature: str, algorithm: str) -> tuple[str, ...] | None:
    """What the first member of an Accept-Signature header asks to have covered; None when we cannot sign so: another algorithm, a
    component that we do not know, or text that is unreadable."""
    try:
        members = parse_inner_lists(_WANTED_TIMES.sub("", accept_signature))
    except MalformedField:
        return None
    for member in members.values():
        known = all(name in _WE_CAN_COVER or name in ("content-digest", "content-type") for name in member.items)
        if known and member.parameters.get("alg", algorithm) == algorithm:
            return member.items
    return None


def signature_headers(parameters_text: str, signature: bytes) -> list[tuple[str, str]]:
    """The finished Signature-Input and Signature headers."""
    text = base64.b64encode(signature).decode()
    return [("Signature-Input", f"{LABEL}={parameters_text}"), ("Signature", f"{LABEL}=:{text}:")]


def examine(request: Request, input_value: str, signature_value: str, now: Micros, window: Window) -> SignedRequest:
    """Reads the two headers and judges all but the signature itself. Raises SignatureError."""
    member, signature = _one_signature(input_value, signature_value)
    covered = member.items
    _check_coverage(covered, request)
    check_host(request)
    base = lines_to_sign(request, covered, member.text)
    for name, check in _CHECKS.items():
        if name in covered:
            try:
                check(covered_value(request.headers, name), request.body)
            except digests.DigestMismatch as cause:
                raise SignatureError(Reason.DIGEST, str(cause)) from cause
    created = _check_times(request, member, now, window)
    return SignedRequest(
        scheme=SCHEME,
        key_id=_text(member, "keyid"),
        algorithm=_text(member, "alg", default="").lower(),
        created=created,
        covered=covered,
        signature=signature,
        base=base,
    )


def _derived(request: Request) -> dict[str, str]:
    """The derived components of section 2.2, from our own name and the request line."""
    path, _, query = request.target.partition("?")
    host = authority(request.scheme, request.host)
    return {
        "@method": request.method.upper(),
        "@target-uri": f"{request.scheme}://{host}{request.target}",
        "@authority": host,
        "@scheme": request.scheme,
        "@request-target": request.target,
        "@path": path or "/",
        "@query": "?" + query,
    }


def _one_signature(input_value: str, signature_value: str) -> tuple[InnerList, bytes]:
    try:
        inputs = parse_inner_lists(input_value)
        signatures = parse_byte_sequences(signature_value)
    except MalformedField as cause:
        raise SignatureError(Reason.MALFORMED, str(cause)) from cause
    if len(inputs) != 1 or len(signatures) != 1:
        raise SignatureError(Reason.AMBIGUOUS, "The request must carry exactly one signature.")
    if inputs.keys() != signatures.keys():
        raise SignatureError(Reason.MALFORMED, "Signature-Input and Signature are labelled differently.")
    return next(iter(inputs.values())), next(iter(signatures.values()))


def _check_coverage(covered: tuple[str, ...], request: Request) -> None:
    if len(set(covered)) != len(covered):
        raise SignatureError(Reason.AMBIGUOUS, "The signature covers a part twice.")
    if any(name != name.lower() for name in covered):
        raise SignatureError(Reason.MALFORMED, "Covered names are written in lower case.")
    has = set(covered)
    if "@method" not in has:
        raise SignatureError(Reason.NOT_COVERED, "The signature does not cover @method.")
    whole_path = has & {"@target-uri", "@request-target"} or ("@path" in has and ("?" not in request.target or "@query" in has))
    if not whole_path:
        raise SignatureError(Reason.NOT_COVERED, "The signature does not cover the whole path and query.")
    if not has & {"@target-uri", "@authority", "host"}:
        raise SignatureError(Reason.NOT_COVERED, "The signature does not cover the host.")
    if needs_digest(request) and not any(name in has for name in _CHECKS):
        raise SignatureError(Reason.NOT_COVERED, "The signature does not cover a digest of the body.")


def _check_times(request: Request, member: InnerList, now: Micros, window: Window) -> Micros:
    """Judges each stated time by itself: a fresh one does not excuse a stale one. Returns the one that counts."""
    stated = []
    if "created" in member.parameters:
        stated.append(_seconds(member, "created"))
    if "date" in member.items:
        stated.append(read_http_date(covered_value(request.headers, "date")))
    if not stated:
        raise SignatureError(Reason.NOT_COVERED, "The signature states no time of its own and covers no Date.")
    expires = _seconds(member, "expires") if "expires" in member.parameters else None
    for created in stated:
        check_time(created, expires, now, window)
    return stated[0]


def _seconds(member: InnerList, name: str) -> Micros:
    value = member.parameters[name]
    if not isinstance(value, int):
        raise SignatureError(Reason.MALFORMED, f"{name} is a whole number of seconds.")
    return value * SECOND


def _text(member: InnerList, name: str, default: str | None = None) -> str:
    value = member.parameters.get(name, default)
    if not isinstance(value, str) or (not value and default is None):
        raise SignatureError(Reason.MALFORMED, f"Signature-Input does not state {name} as text.")
    return value
