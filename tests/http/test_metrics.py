"""Metrics: on an address of their own, and true at the moment of the look."""

import asyncio
import urllib.request
from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from lemmy_lite import app, config
from lemmy_lite.crypto.signed_request import Request
from lemmy_lite.http import figures, routing
from lemmy_lite.http.metrics import Figure, Metrics, Spread
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.ids import ActivityId
from lemmy_lite.model.job_run import JobSpent
from lemmy_lite.model.mail import MailKind
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, mail
from lemmy_lite.storage.tables import instance as tables
from tests.http.asgi import ask

SETUP = {"admin_username": "chief", "admin_password": "correct horse", "site_name": "Site"}


def look(port: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_look_shows_the_requests_the_site_and_the_disk(tmp_path: Path, free_port: Callable[[], int]) -> None:
    async def running() -> None:
        port = free_port()
        settings = config.read(
            {"data_dir": str(tmp_path), "hostname": "site.test", "setup": SETUP, "prometheus": {"bind": "127.0.0.1", "port": port}},
            environment={},
        )
        async with app.opened(settings) as instance:
            traffic = Traffic()
            built = routing.build(await app.surfaces(instance), traffic=traffic)

            async def gather() -> list[Figure | Spread]:
                return await figures.gather(instance.context, instance.database, traffic)

            metrics = Metrics(settings, gather)
            await metrics.start()
            try:
                for path in ("/api/v3/site", "/api/v3/site", "/api/v3/post?id=7"):
                    await ask(built, "GET", path)
                found = await asyncio.to_thread(look, port)
            finally:
                await metrics.close()
        assert found["lemmy_api_http_requests_total", (("endpoint", "/api/v3/site"), ("method", "GET"), ("status", "200"))] == 2
        post = (("endpoint", "/api/v3/post"), ("method", "GET"), ("status", "400"))
        assert found["lemmy_api_http_requests_total", post] == 1
        assert found["lemmy_api_http_requests_duration_seconds_count", post] == 1
        assert found["lemmy_lite_images_budget_bytes", ()] > found["lemmy_lite_images_bytes", (("of", "cache"),)]
        assert found["lemmy_lite_site", (("of", "users"),)] == 1
        assert found["lemmy_lite_database_bytes", (("file", "main"),)] > 0
        assert found["lemmy_db_pool_available_connections", ()] <= found["lemmy_db_pool_max_connections", ()]
        assert found["process_resident_memory_bytes", ()] > 0

    asyncio.run(running())


def test_without_the_option_nothing_listens(tmp_path: Path) -> None:
    async def running() -> None:
        async def gather() -> list[Figure | Spread]:
            return []

        metrics = Metrics(config.read({"data_dir": str(tmp_path), "hostname": "site.test"}, environment={}), gather)
        await metrics.start()
        assert metrics.port is None
        await metrics.close()

    asyncio.run(running())


def test_a_look_shows_deliveries_refusals_jobs_and_mails(tmp_path: Path) -> None:
    async def running() -> None:
        settings = config.read({"data_dir": str(tmp_path), "hostname": "site.test", "setup": SETUP}, environment={})
        async with app.opened(settings) as instance:
            now = instance.context.clock.now()

            def write(tx: Transaction) -> None:
                for name, asleep, hours in (("awake.test", False, 2), ("gone.test", True, 50)):
                    number = tables.get_or_create(tx, name)
                    delivery.begin(tx, number, ActivityId(0))
                    delivery.fail(tx, number, 3, now + HOUR, asleep=asleep)
                    tx.run("UPDATE delivery SET failing_since = :then WHERE instance_id = :id", then=now - hours * HOUR, id=number)
                mail.insert(tx, MailKind.PASSWORD_RESET, None)

            await instance.database.write(write)
            unsigned = Request(method="POST", scheme="https", host="site.test", target="/inbox", headers=[], body=b"{}")
            answer = await instance.federation.receive(unsigned)
            jobs = {"bans": JobSpent().after(2.0, failed=True).after(1.0, failed=False)}
            running = figures.Running(instance.federation, jobs)
            shown = await figures.gather(instance.context, instance.database, Traffic(), None, running)
        found = {each.name: each.values for each in shown if isinstance(each, Figure)}
        lags = found["lemmy_lite_delivery_lag_seconds"]
        assert lags[("under_way",)] == 0
        assert 2 * 3600 <= lags[("failing",)] < 3 * 3600
        assert 50 * 3600 <= lags[("asleep",)] < 51 * 3600
        assert answer.status >= 400
        assert found["lemmy_lite_inbox_refusals"] == {(answer.error,): 1}
        cost = [found[f"lemmy_lite_job_{what}"][("bans",)] for what in ("runs", "failures", "seconds", "latest_seconds")]
        assert cost == [2, 1, 3.0, 1.0]
        assert found["lemmy_lite_mail_waiting"] == {(): 1}
        assert found["lemmy_lite_clock_doubted"] == {(): float(answer.error == "clock")}

    asyncio.run(running())
