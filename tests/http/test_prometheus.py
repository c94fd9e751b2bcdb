"""A real Prometheus looks at an instance, and the rules and the dashboard in packaging/ ask for metrics that there are."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from lemmy_lite import app, config
from lemmy_lite.crypto.signed_request import Request
from lemmy_lite.domain.backup import keeping
from lemmy_lite.http import figures
from lemmy_lite.http.figures import Running
from lemmy_lite.http.metrics import Metrics
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.model.job_run import JobSpent
from tests.http.asgi import ask

SETUP = {"admin_username": "chief", "admin_password": "correct horse", "site_name": "Site"}
FROM_PROMETHEUS = {"up"}


@pytest.fixture(scope="module")
def prometheus() -> str:
    found = shutil.which("prometheus")
    if found is None or shutil.which("promtool") is None:
        assert os.environ.get("CI") != "true", "prometheus is missing, and CI must have it"
        pytest.skip("prometheus (with promtool) is not installed")
    return found


@contextmanager
def scraping(program: str, folder: Path, port: int, target: int) -> Iterator[str]:
    """A Prometheus that looks at `target` four times a second; gives its address."""
    settings = folder / "prometheus.yml"
    settings.write_text(
        "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
        "scrape_configs:\n"
        f"  - job_name: lemmy_lite\n    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
    )
    command = [program, f"--config.file={settings}", f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def asked(address: str, query: str) -> list[object]:
    url = f"{address}/api/v1/query?query={urllib.parse.quote(query)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: list[object] = json.load(answer)["data"]["result"]
        return found


def until_answered(address: str, query: str) -> list[object]:
    for _ in range(200):
        try:
            if found := asked(address, query):
                return found
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"Prometheus knows nothing of {query}")


def names_in(checkout: Path) -> set[str]:
    """Every metric that the rules and the dashboard ask for."""
    rules = (checkout / "packaging/metrics/alerts.yml").read_text()
    panels = json.loads((checkout / "packaging/metrics/dashboard.json").read_text())["panels"]
    text = rules + " ".join(target["expr"] for panel in panels for target in panel["targets"])
    return set(re.findall(r"\b((?:lemmy|process)_[a-z_]+)\b(?=[\[{]| >|\)| \*|,)", text)) - {"lemmy_lite"}


def test_prometheus_finds_every_metric_that_rules_dashboard_and_readme_name(
    prometheus: str, tmp_path: Path, free_port: Callable[[], int], checkout: Path
) -> None:
    async def running() -> None:
        port = free_port()
        settings = config.read(
            {
                "data_dir": str(tmp_path / "data"),
                "hostname": "site.test",
                "setup": SETUP,
                "prometheus": {"bind": "127.0.0.1", "port": port},
            },
            environment={},
        )
        async with app.opened(settings) as instance:
            traffic = Traffic()
            built = await app.application(instance, traffic)
            keeping.take_noted(settings, instance.context.clock, tmp_path / "backup.tar", None, lambda *_: None)
            unsigned = Request(method="POST", scheme="https", host="site.test", target="/inbox", headers=[], body=b"{}")
            await instance.federation.receive(unsigned)
            running = Running(instance.federation, {"bans": JobSpent().after(0.5, failed=False)})
            metrics = Metrics(settings, partial(figures.gather, instance.context, instance.database, traffic, built, running))
            await metrics.start()
            try:
                await ask(built, "GET", "/api/v3/site")
                with scraping(prometheus, tmp_path, free_port(), port) as address:
                    await asyncio.to_thread(until_answered, address, "lemmy_lite_info")
                    wanted = names_in(checkout)
                    assert len(wanted) > 8
                    text = await asyncio.to_thread(_text, port)
                    shown = set(re.findall(r"^# TYPE (lemmy_(?:lite|api|db)_[a-z_]+) (?:gauge|counter)", text, re.MULTILINE))
                    assert len(shown) > 25
                    missing = [name for name in sorted(wanted | shown) if not await asyncio.to_thread(asked, address, name)]
                    assert not missing
            finally:
                await metrics.close()
        await asyncio.to_thread(require_good_form, text)
        named = set(re.findall(r"`((?:lemmy_lite|lemmy_api)_[a-z_]+)`", (checkout / "packaging/metrics/README.md").read_text()))
        shown = set(re.findall(r"^# TYPE (lemmy_(?:lite|api)_[a-z_]+)", text, re.MULTILINE))
        assert shown == named

    asyncio.run(running())


def require_good_form(text: str) -> None:
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _text(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def test_the_rules_are_such_as_prometheus_takes(prometheus: str, checkout: Path) -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", str(checkout / "packaging/metrics/alerts.yml")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "SUCCESS: 12 rules found" in checked.stdout
