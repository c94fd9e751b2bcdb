"""The first tab of the administration: how the instance is, in figures, and what can be done about a peer that does not answer."""

import asyncio
from datetime import datetime
from typing import Final

from lemmy_lite.domain import figures, operating, permissions
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.figures import Rows
from lemmy_lite.domain.wear import Pace
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import site_fields
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.clock import Micros, moment
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text.translations import Phrase, phrase, phrases

TAB: Final = "dashboard"
MOST_PEERS: Final = 50
LONG: Final = 20
"""Years beyond which other things than wear end a card, so that nothing is said."""
RATED: Final = 30
"""Terabytes written that makers of plain 64 GB cards promise at most, where they promise anything."""
_DONE: Final = {"1": "It is tried again now.", "backup": "The backup is made.", "backup_begun": "The backup is being made."}
_UNITS: Final = ("kB", "MB", "GB", "TB")


async def dashboard(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    """`GET /admin`, the first tab."""
    context = visit.site.context

    def matter(tx: Transaction, frame: Frame) -> Rows:
        return figures.for_admin(tx, context, visit.me.person, MOST_PEERS)

    frame, rows = await visit.read(matter)
    machine, backup = await asyncio.to_thread(lambda: (figures.machine(context), keeping.record(context.config)))
    return visit.page(
        frame,
        "admin_dashboard.html",
        status=400 if errors else 200,
        notice=_DONE.get(visit.query.get("saved", "")) if not errors else None,
        tabs=site_fields.ALL_TABS,
        tab=TAB,
        rows=rows,
        machine=machine,
        federation=visit.site.federation.figures(),
        backup=backup,
        backups_planned=context.config.backup is not None,
        backup_under_way=visit.site.backups.under_way,
        backup_folder=visit.site.backups.folder,
        size=size,
        when=when,
        life=life(rows.wear),
        errors=errors or {},
    )


async def retry(visit: Visit, form: Form) -> Response:
    """`POST /admin/retry`: forget the failures of the peer `domain` and try it now."""
    me, domain = visit.me, form.get("domain", "")

    def write(tx: Transaction) -> None:
        permissions.require(tx, "site.edit", me.person)
        operating.retry(tx, domain)

    try:
        await visit.site.database.write(write)
    except LemmyError as error:
        if error.code != "couldnt_find_object":
            raise
        return await dashboard(visit, {"": "This site knows no such server."})
    visit.site.federation.retry(domain)
    return redirect(f"/admin?tab={TAB}&saved=1")


async def back_up(visit: Visit, form: Form) -> Response:
    """`POST /admin/backup`: make a backup now, beside the running instance."""
    me = visit.me
    await visit.site.database.read(permissions.require, "site.edit", me.person)
    made = await visit.site.backups.make()
    if made is False:
        return await dashboard(visit, {"": "The backup could not be made."})
    return redirect(f"/admin?tab={TAB}&saved={'backup' if made else 'backup_begun'}#backups")


def size(number: int) -> str:
    """Bytes in at most four characters and a unit: `0 kB`, `12 MB`, `1.4 GB`. Units are of 1000, as in the configuration."""
    value = number / 1000
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:.1f} {unit}" if 0 < value < 10 and unit != "kB" else f"{value:.0f} {unit}"


def life(pace: Pace | None) -> Phrase | None:
    """How long a plain card lasts at this pace; None where that would be a guess."""
    years = pace.years(RATED) if pace is not None else None
    if years is None or years > LONG:
        return None
    if years < 1:
        return phrase("at this pace a card rated for {rated} TB lasts less than a year", rated=RATED)
    return phrases(
        "at this pace a card rated for {rated} TB lasts {count} year",
        "at this pace a card rated for {rated} TB lasts {count} years",
        int(years),
        rated=RATED,
    )


def when(micros: Micros | None) -> datetime | None:
    """A moment for the filters of templates; None for never."""
    return moment(micros) if micros else None
