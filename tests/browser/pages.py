"""Every page of the gallery as each kind of reader sees it, and its judges: axe-core for accessibility, html-validate for markup."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from lemmy_lite.http.web.render import Templates
from lemmy_lite.http.web.static import Statics, load_statics
from tests.http.web import gallery, sample

VALIDATE = Path(__file__).parent / "validate.mjs"


def rendered(readers: tuple[str, ...]) -> tuple[dict[str, str], Statics]:
    """The pages by path, `/front-admin`, for readers of `gallery.READERS`; and their static files. What looks alike comes once."""
    statics = load_statics()
    templates = Templates(statics, sample.picture)
    pages: dict[str, str] = {}
    for case in gallery.cases():
        for reader in readers:
            page = templates.render(case.template, case.frame(gallery.READERS[reader]), **case.data)
            if page not in pages.values():
                pages[f"/{case.name}-{reader}"] = page
    return pages, statics


def violations(window: Page, judges: Path, rules: tuple[str, ...] | None = None) -> list[str]:
    """What axe-core finds wrong with the page in a window by WCAG 2.2 AA and its own best practices; `rules` alone where given."""
    window.evaluate((judges / "axe-core" / "axe.min.js").read_text())
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
    found: list[dict[str, Any]] = window.evaluate(
        "only => axe.run(document, {runOnly: only, resultTypes: ['violations']}).then(found => found.violations)", only
    )
    path = window.url.partition("//")[2].partition("/")[2]
    return [
        f"{path}: {each['id']}: {node['target']} {node['failureSummary'].splitlines()[1].strip()}"
        for each in found
        for node in each["nodes"]
    ]


TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


def faults(pages: Mapping[str, str], node: str) -> list[str]:
    """What html-validate finds wrong with the markup of pages: unclosed and misplaced elements, ids given twice, unknown attributes."""
    asked = subprocess.run([node, VALIDATE], input=json.dumps(pages), capture_output=True, text=True, timeout=300, check=False)
    assert asked.returncode == 0, asked.stderr
    found: list[str] = json.loads(asked.stdout)
    return found
