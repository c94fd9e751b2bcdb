"""Metrics: on an address of their own, and true at the moment of the look."""

import asyncio
import urllib.request
from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from lemmy_lite import app, config
from lemmy_lite.http import figures, routing
from lemmy_lite.http.metrics import Figure, Metrics
from lemmy_lite.http.traffic import Traffic
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

            async def gather() -> list[Figure]:
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
        async def gather() -> list[Figure]:
            return []

        metrics = Metrics(config.read({"data_dir": str(tmp_path), "hostname": "site.test"}, environment={}), gather)
        await metrics.start()
        assert metrics.port is None
        await metrics.close()

    asyncio.run(running())
