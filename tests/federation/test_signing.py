"""Each host is spoken to in the form of signature that it takes, and is asked twice only where that may help."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from lemmy_lite.crypto import signatures
from lemmy_lite.crypto.signatures import Headers, Request, SignatureError
from lemmy_lite.federation.clock_gate import ClockGate
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.signing import Signing
from lemmy_lite.model.ids import InstanceId
from lemmy_lite.net.client import Client, Response, Sign
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import instance
from lemmy_lite.storage.tables.actor import Actor
from tests.federation.lab import key_pair, opened

INBOX = "https://peer.example/inbox"
NAME = "https://home.test/u/ann"
WANTED = 'sig1=("@method" "@target-uri" "@query" "date" "content-digest");created;keyid="any";alg="rsa-v1_5-sha256"'
Answer = Callable[[str], tuple[int, dict[str, str]]]


class Host:
    """Stands for the network: one host, which judges each signature and answers by its form (`draft-cavage`, `rfc9421`, `none`)."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heard: list[str] = []
        self.covered: list[tuple[str, ...]] = []

    async def ready(self) -> None:
        """Always."""

    async def post(self, url: str, body: bytes, budget: Any, *, headers: Headers, sign: Sign | None) -> Response:
        return self._judged("POST", url, headers, body, sign)

    async def get(self, url: str, budget: Any, *, sign: Sign | None, **_: Any) -> Response:
        return self._judged("GET", url, [], None, sign)

    def _judged(self, method: str, url: str, headers: Headers, body: bytes | None, sign: Sign | None) -> Response:
        form = "none"
        if sign is not None:
            signed = [*headers, *sign(method, url, headers, body)]
            target = url.removeprefix("https://peer.example")
            request = Request(method=method, scheme="https", host="peer.example", target=target, headers=signed, body=body or b"")
            found = signatures.verify(signatures.examine(request, _now()), key_pair(3).public_key)
            form = found.scheme
            self.covered.append(found.covered)
        self.heard.append(form)
        status, added = self.answer(form)
        return Response(url=url, status=status, headers=tuple(added.items()), body=b"")


def _now() -> int:
    from lemmy_lite.model.clock import Clock

    return Clock().now()


def only(form: str, refusal: int = 401) -> Answer:
    return lambda said: (200 if said == form else refusal, {})


Story = Callable[[Signing, Host, Callable[[], Signing], Callable[[], Awaitable[str | None]]], Awaitable[None]]


def tell(folder: Path, answer: Answer, story: Story) -> None:
    """Run a story with a host of which there is a row; `anew` is a Signing of the next start, `row` reads what the row says."""

    async def run() -> None:
        async with opened(folder, "home", {"home": 1}) as place:
            host = Host(answer)
            context = replace(place.context, net=cast(Client, host))
            gate = ClockGate(context, place.database, Policy(context.config, place.database))
            gate.start()
            await place.write(instance.get_or_create, "peer.example")

            def scheme(tx: Transaction) -> str | None:
                return instance.signature_schemes(tx).get("peer.example")

            def anew() -> Signing:
                return Signing(context, place.database, gate)

            await story(anew(), host, anew, lambda: place.read(scheme))
            await gate.close()

    asyncio.run(run())


def ann() -> Actor:
    pair = key_pair(3)
    return Actor(
        ap_id=NAME,
        instance_id=InstanceId(1),
        inbox_url=f"{NAME}/inbox",
        last_refreshed_at=0,
        public_key=pair.public_key,
        private_key=pair.private_key,
    )


async def said(signing: Signing, times: int = 1) -> list[int]:
    return [(await signing.post(INBOX, b"{}", [("Content-Type", "application/activity+json")], ann())).status for _ in range(times)]


def test_a_host_that_takes_the_usual_form_hears_no_other_and_nothing_is_written(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        assert await said(signing, 3) == [200, 200, 200]
        assert host.heard == ["draft-cavage"] * 3
        assert await row() is None

    tell(tmp_path, only("draft-cavage"), story)


def test_a_host_that_refuses_the_usual_form_is_asked_by_the_newer_one_and_that_is_remembered_beyond_a_restart(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        assert await said(signing, 2) == [200, 200]
        assert host.heard == ["draft-cavage", "rfc9421", "rfc9421"]
        assert await row() == "rfc9421"
        host.heard.clear()
        assert await said(anew()) == [200]
        assert host.heard == ["rfc9421"]
        # It has gone back to the older form, perhaps by other software.
        host.answer = only("draft-cavage")
        assert await said(anew()) == [200]
        assert host.heard == ["rfc9421", "rfc9421", "draft-cavage"]
        assert await row() == "draft-cavage"

    tell(tmp_path, only("rfc9421"), story)


def test_a_host_that_takes_neither_form_is_not_asked_twice_again_and_again(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        assert await said(signing, 3) == [403, 403, 403]
        assert host.heard == ["draft-cavage", "rfc9421", "draft-cavage", "draft-cavage"]
        assert await row() is None

    tell(tmp_path, only("neither", 403), story)


def test_a_host_that_has_taken_the_form_before_refuses_something_else(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        await said(signing)
        host.answer = lambda _: (400, {})
        assert await said(signing) == [400]
        assert host.heard == ["draft-cavage", "draft-cavage"]
        # But 401 always speaks of the signature.
        host.answer = only("rfc9421", 401)
        assert await said(signing) == [200]
        assert host.heard[2:] == ["draft-cavage", "rfc9421"]

    tell(tmp_path, only("draft-cavage"), story)


def test_trouble_of_the_host_is_not_a_matter_of_form(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        assert await said(signing) == [503]
        host.answer = lambda _: (410, {})
        assert await said(signing) == [410]
        assert host.heard == ["draft-cavage", "draft-cavage"]

    tell(tmp_path, lambda _: (503, {}), story)


def test_what_a_host_asks_to_have_covered_is_covered(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        assert await said(signing) == [200]
        assert host.heard == ["draft-cavage", "rfc9421"]
        assert {"@query", "date"} <= set(host.covered[1])
        assert await said(signing) == [200]
        assert {"@query", "date"} <= set(host.covered[2])

    tell(tmp_path, lambda form: (200, {}) if form == "rfc9421" else (401, {"Accept-Signature": WANTED}), story)


def test_a_host_that_takes_the_older_form_and_wishes_for_the_newer_gets_it_from_then_on(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        assert await said(signing, 2) == [200, 200]
        assert host.heard == ["draft-cavage", "rfc9421"]
        assert await row() == "rfc9421"

    tell(tmp_path, lambda _: (200, {"Accept-Signature": 'sig1=("@method" "@target-uri");created;keyid="x"'}), story)


def test_a_wish_that_we_cannot_fulfil_is_no_wish() -> None:
    for wish in ('sig1=("@method");alg="ed25519"', 'sig1=("x-unknown")', "nonsense", "", 'sig1=("@method";req)'):
        assert signatures.wanted_components(wish) is None, wish


def test_documents_are_fetched_in_the_form_that_the_host_takes_and_unsigned_where_there_is_nobody_to_sign(tmp_path: Path) -> None:
    async def story(signing: Signing, host: Host, anew: Any, row: Any) -> None:
        async def fetched(actor: Actor | None) -> int:
            url = "https://peer.example/u/zoe"
            return (await signing.get(url, cast(Any, None), actor, accept="x", max_bytes=10, same_origin_redirects=True)).status

        assert await fetched(ann()) == 200
        assert await fetched(ann()) == 200
        assert await fetched(None) == 401
        assert host.heard == ["draft-cavage", "rfc9421", "rfc9421", "none"]

    tell(tmp_path, only("rfc9421"), story)


def test_a_signature_by_pss_is_judged_and_a_wrong_one_refused() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    from lemmy_lite.crypto import rfc9421
    from lemmy_lite.crypto.keys import own_private_key

    now = _now()
    added, text, base = rfc9421.prepare("GET", "https://peer.example/u/ann", [], None, f"{NAME}#main-key", "rsa-pss-sha512", now)
    pss = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    signature = own_private_key(key_pair(3).private_key).sign(base, pss, hashes.SHA512())

    def judged(by: bytes, key: int) -> str:
        headers = [*added, *rfc9421.signature_headers(text, by)]
        request = Request(method="GET", scheme="https", host="peer.example", target="/u/ann", headers=headers, body=b"")
        try:
            return signatures.verify(signatures.examine(request, now), key_pair(key).public_key).scheme
        except SignatureError as error:
            return error.reason

    assert judged(signature, 3) == "rfc9421"
    assert judged(signature, 4) == "wrong_signature"
    assert judged(own_private_key(key_pair(3).private_key).sign(base, padding.PKCS1v15(), hashes.SHA256()), 3) == "wrong_signature"
