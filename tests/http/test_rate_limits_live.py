"""The limits of the site hold as soon as an admin has changed them, without a restart."""

import asyncio
import json
from pathlib import Path

from lemmy_lite import app, config
from lemmy_lite.domain import local_user
from lemmy_lite.http import routing
from tests.http.asgi import ask

SETUP = {"admin_username": "chief", "admin_password": "correct horse", "site_name": "Site"}


def test_a_limit_that_an_admin_sets_holds_for_the_next_requests(tmp_path: Path) -> None:
    async def running() -> None:
        settings = config.read({"data_dir": str(tmp_path), "hostname": "site.test", "setup": SETUP}, environment={})
        async with app.opened(settings) as instance:
            built = routing.build(await app.surfaces(instance))
            entry = await local_user.login(instance.database, instance.context, "chief", "correct horse", None, local_user.Visitor())

            async def statuses(count: int) -> list[int]:
                return [(await ask(built, "GET", "/api/v3/post/list")).status for _ in range(count)]

            assert await statuses(5) == [200] * 5
            answer = await ask(
                built,
                "PUT",
                "/api/v3/site",
                headers=[("Authorization", f"Bearer {entry.jwt}"), ("Content-Type", "application/json")],
                body=json.dumps({"rate_limit_message": 3, "rate_limit_message_per_second": 3600}).encode(),
            )
            assert answer.status == 200
            # The subscriber's own read may come after the answer; the old limit would grant all of these.
            for _ in range(40):
                if await statuses(4) != [200] * 4:
                    break
                await asyncio.sleep(0.01)
            refused = await ask(built, "GET", "/api/v3/post/list")
            assert json.loads(refused.body)["error"] == "rate_limit_error"

    asyncio.run(running())
