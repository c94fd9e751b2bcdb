"""What plain http says beside https."""

import asyncio
from typing import Any

from lemmy_lite.http.doorman import Doorman
from lemmy_lite.http.pair import Pair
from lemmy_lite.http.secured import Shown


def test_the_doorman_leads_to_the_configured_name_whatever_the_client_says() -> None:
    doorman = Doorman("https://site.test", Shown(Pair(b"", b"")))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"path": "//evil.test/", "raw_path": b"//evil.test/%0d%0a", "query_string": b"", "method": "GET", "headers": []}
    asyncio.run(doorman(scope, None, send))  # type: ignore[arg-type]
    assert dict(sent[0]["headers"])[b"location"] == b"https://site.test//evil.test/%0d%0a"
