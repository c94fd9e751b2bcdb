"""What plain http says beside https: where the site is, and to an authority that asks by HTTP-01 (RFC 8555, 8.3) that the name is ours."""

from typing import Any, Final, cast

from litestar.types import Receive, Scope, Send

from lemmy_lite.http.gate import plain
from lemmy_lite.http.secured import Shown

CHALLENGES: Final = "/.well-known/acme-challenge/"


class Doorman:
    """The application of the listeners on `tls.http_port`. `proofs` holds what is answered for each token."""

    def __init__(self, base_url: str, shown: Shown) -> None:
        self.proofs: dict[str, str] = {}
        self._base_url = base_url
        self._shown = shown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        if path.startswith(CHALLENGES):
            proof = self.proofs.get(path.removeprefix(CHALLENGES))
            await (
                plain(send, 404, "There is no such challenge.") if proof is None else plain(send, 200, proof, "application/octet-stream")
            )
        elif self._shown.pair is None:
            await plain(send, 503, "This site is about to get its certificate. Please come back in a minute.")
        else:
            await self._redirect(scope, send)

    async def _redirect(self, scope: Scope, send: Send) -> None:
        """To the same address by https; 308 keeps the method and body of what is no mere look."""
        query = scope["query_string"]
        location = self._base_url.encode() + scope["raw_path"] + (b"?" + query if query else b"")
        status = 301 if cast(Any, scope)["method"] in ("GET", "HEAD") else 308
        headers = [(b"location", location), (b"content-length", b"0"), (b"cache-control", b"max-age=3600")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
