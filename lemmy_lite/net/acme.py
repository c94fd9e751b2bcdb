"""A certificate from an authority by ACME (RFC 8555), over the one outbound client.

The library `acme` was measured and refused: see README.md. Signing and proofs come from outside (`Signer`), as keys are another room's.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, Final, Protocol

from lemmy_lite.config import LETS_ENCRYPT, Config, Tls
from lemmy_lite.model.struct import Struct
from lemmy_lite.net import options
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Client, Response
from lemmy_lite.net.errors import NetError

PATIENCE: Final = 300.0
"""Seconds for the whole order. Authorities look from several places, and some let orders wait in a queue."""
LARGEST: Final = 256 * 1024
"""Bytes of an answer; a chain of certificates has some 5,000."""
_REQUESTS: Final = 250
_MOST_NONCES: Final = 10
"""Times that a request is sent anew because its nonce was refused, as any may be (RFC 8555, 6.5)."""
_POLL: Final = 2.0
_LONGEST_POLL: Final = 30.0
_ERRORS: Final = "urn:ietf:params:acme:error:"

Prove = Callable[[str, str, bytes], Awaitable[None]]
"""`prove(token, text, digest)` makes the proof visible: `text` over http, `digest` (its SHA-256) in a certificate."""


class Signer(Protocol):
    """The account's key."""

    url: str | None

    def sign(self, url: str, nonce: str, payload: object) -> bytes:
        """The body of a request."""

    def proof(self, token: str) -> str:
        """What is to be shown for a token."""


class AcmeError(Exception):
    """No certificate; the message is a sentence. `again`: seconds after which the authority, or we, want to try anew, if that is known."""

    def __init__(self, message: str, *, again: float | None = None) -> None:
        super().__init__(message)
        self.again = again


class Asked(Struct):
    """What is ordered: a certificate for `name` by `csr` (DER, base64url), proved by `challenge`, from the authority at `directory`."""

    directory: str
    contact: str | None
    challenge: str
    name: str
    csr: str


def client(config: Config, tls: Tls, product: str) -> Client:
    """The outbound client for the authority. One that the configuration names may stand in our own network and have its own root."""
    found = options.of(config, product)
    private = found.allow_private_addresses or tls.directory != LETS_ENCRYPT
    return Client(replace(found, ca_file=str(tls.ca_file) if tls.ca_file else None, allow_private_addresses=private))


async def certificate(net: Client, asked: Asked, signer: Signer, prove: Prove, judge_clock: Callable[[datetime], None]) -> bytes:
    """Order a certificate and wait for it; answers the chain, PEM. `judge_clock` gets the authority's time and may refuse by raising.

    Raises AcmeError, and what `prove` and `judge_clock` raise.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            return await _Order(net, asked, signer, prove, judge_clock).carried_out()
    except TimeoutError:
        raise AcmeError(f"the authority did not finish the order within {PATIENCE:.0f} seconds") from None
    except NetError as error:
        raise AcmeError(f"the authority cannot be reached: {error.sentence}") from None


class _Order:
    def __init__(self, net: Client, asked: Asked, signer: Signer, prove: Prove, judge_clock: Callable[[datetime], None]) -> None:
        self._net = net
        self._asked = asked
        self._signer = signer
        self._prove = prove
        self._judge_clock = judge_clock
        self._budget = Budget(Limits(requests=_REQUESTS, depth=1, wire_bytes=8 * 2**20, decoded_bytes=8 * 2**20, seconds=PATIENCE))
        self._directory: Mapping[str, Any] = {}
        self._nonce: str | None = None

    async def carried_out(self) -> bytes:
        """All steps of RFC 8555, 7.1."""
        self._directory = await self._read_directory()
        await self._enter_account()
        order = await self._post(self._address(self._directory, "newOrder"), {"identifiers": [{"type": "dns", "value": self._asked.name}]})
        place = order.header("location") or ""
        for address in _texts(_fields(order), "authorizations"):
            await self._authorize(address)
        ready = await self._until(place, "pending", "processing")
        if ready.get("status") == "ready":
            await self._post(self._address(ready, "finalize"), {"csr": self._asked.csr})
            ready = await self._until(place, "processing", "ready")
        if ready.get("status") != "valid":
            raise AcmeError(f"the authority refused the order: {_problem(ready.get('error')) or ready.get('status')}")
        return (await self._post(self._address(ready, "certificate"), None, accept="application/pem-certificate-chain")).body

    async def _read_directory(self) -> Mapping[str, Any]:
        answer = await self._net.get(
            self._asked.directory, self._budget, accept="application/json", max_bytes=LARGEST, same_origin_redirects=True
        )
        if not answer.is_success:
            raise _refusal(answer)
        if (theirs := _date(answer.header("date"))) is not None:
            self._judge_clock(theirs)
        found = _fields(answer)
        if isinstance(meta := found.get("meta"), dict) and meta.get("externalAccountRequired"):
            raise AcmeError("this authority takes only accounts that were made elsewhere; choose another tls.directory")
        return found

    async def _enter_account(self) -> None:
        """Make the account; where there is one for the key already, the authority answers with that (RFC 8555, 7.3)."""
        form: dict[str, object] = {"termsOfServiceAgreed": True}
        if self._asked.contact:
            form["contact"] = [f"mailto:{self._asked.contact}"]
        self._signer.url = None
        answer = await self._post(self._address(self._directory, "newAccount"), form)
        self._signer.url = answer.header("location")
        if _fields(answer).get("status") != "valid" or not self._signer.url:
            raise AcmeError("the authority has closed the account; remove tls/account.key in the data folder to make another one")

    async def _authorize(self, address: str) -> None:
        found = _fields(await self._post(address, None))
        if found.get("status") == "valid":
            return
        offered = [each for each in found.get("challenges", ()) if isinstance(each, dict) and each.get("type") == self._asked.challenge]
        if not offered:
            kinds = ", ".join(sorted(str(each.get("type")) for each in found.get("challenges", ()) if isinstance(each, dict)))
            raise AcmeError(f"the authority does not offer {self._asked.challenge}, only {kinds or 'nothing'}")
        token = str(offered[0].get("token", ""))
        text = self._signer.proof(token)
        await self._prove(token, text, sha256(text.encode()).digest())
        await self._post(self._address(offered[0], "url"), {})
        judged = await self._until(address, "pending", "processing")
        if judged.get("status") != "valid":
            wrong = [_problem(each.get("error")) for each in judged.get("challenges", ()) if isinstance(each, dict) and each.get("error")]
            raise AcmeError(f"the authority did not find the proof: {'; '.join(filter(None, wrong)) or judged.get('status')}")

    async def _until(self, address: str, *waiting: str) -> Mapping[str, Any]:
        """What lies at an address once its status is none of these; asked no more often than the authority says."""
        while True:
            answer = await self._post(address, None)
            found = _fields(answer)
            if found.get("status") not in waiting:
                return found
            await asyncio.sleep(min(_LONGEST_POLL, max(_retry_after(answer) or _POLL, 0.2)))

    async def _post(self, url: str, payload: object, accept: str = "application/json") -> Response:
        """One signed request, sent anew where its nonce is refused. Raises AcmeError for any other refusal."""
        for _ in range(_MOST_NONCES):
            nonce = self._nonce or await self._fresh_nonce()
            self._nonce = None
            body = await asyncio.to_thread(self._signer.sign, url, nonce, payload)
            headers = [("content-type", "application/jose+json"), ("accept", accept)]
            answer = await self._net.post(url, body, self._budget, headers=headers, max_bytes=LARGEST)
            self._nonce = answer.header("replay-nonce")
            if answer.is_success:
                return answer
            if _kind(answer) != "badNonce":
                raise _refusal(answer)
        raise AcmeError("the authority refused every nonce that it gave")

    async def _fresh_nonce(self) -> str:
        answer = await self._net.head(self._address(self._directory, "newNonce"), self._budget, same_origin_redirects=True)
        nonce = answer.header("replay-nonce")
        if not nonce:
            raise _refusal(answer)
        return nonce

    def _address(self, fields: Mapping[str, Any], name: str) -> str:
        """An address that the authority names; it stays with https, as its directory's is (RFC 8555, 6.1)."""
        found = fields.get(name)
        if not isinstance(found, str) or not found.startswith("https://"):
            raise AcmeError(f"the authority's answer has no address {name}")
        return found


def _fields(answer: Response) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise AcmeError(f"{answer.url} does not answer as an authority (status {answer.status})")
    return found


def _texts(fields: Mapping[str, Any], name: str) -> list[str]:
    found = fields.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(each, str) and each.startswith("https://") for each in found):
        raise AcmeError(f"the authority's answer has no {name}")
    return found


def _kind(answer: Response) -> str:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    return str(found.get("type", "")).removeprefix(_ERRORS) if isinstance(found, dict) else ""


def _refusal(answer: Response) -> AcmeError:
    try:
        said = _problem(json.loads(answer.body))
    except (ValueError, RecursionError):
        said = ""
    again = _retry_after(answer)
    if _kind(answer) == "rateLimited" or answer.status == 429:
        # Let's Encrypt counts some of these by the week and does not always say until when.
        return AcmeError(f"the authority has given too many certificates of late: {said or answer.status}", again=again or 3600.0)
    return AcmeError(f"the authority refused: {said or f'status {answer.status}'}", again=again)


def _problem(found: object) -> str:
    """The sentence of a problem document (RFC 7807), fit for one line of a log."""
    if not isinstance(found, dict):
        return ""
    details = [str(each.get("detail", "")) for each in found.get("subproblems") or () if isinstance(each, dict)]
    words = " ".join(str(part) for part in (found.get("detail", ""), *details) if part) or str(found.get("type", ""))
    return "".join(character if character.isprintable() else " " for character in words)[:400]


def _retry_after(answer: Response) -> float | None:
    """Seconds from the header, a number or a date (RFC 9110, 10.2.3); a date counts from the authority's own clock."""
    said = answer.header("retry-after")
    if said is None:
        return None
    if said.strip().isdigit():
        return min(float(said), 14 * 86_400.0)
    until, theirs = _date(said), _date(answer.header("date"))
    return None if until is None or theirs is None else min(max(0.0, (until - theirs).total_seconds()), 14 * 86_400.0)


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
