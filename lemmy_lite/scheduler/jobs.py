"""Everything that is done by the clock: one table.

A job is an async function of the tools that answers how much it did. What it changes it changes by plain verbs, in batches small enough
that nobody waits behind them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.domain import (
    active_users,
    ban,
    captcha,
    disk,
    disk_keeping,
    email_address,
    key_rotation,
    mail_digest,
    password,
    recount,
    registration,
    vote_merging,
    wear,
)
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.backup.beside import beside
from lemmy_lite.federation.service import Federation
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.storage import damage, upkeep
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    account_token,
    active_person,
    actor,
    captcha_answer,
    delivery,
    erasure,
    inbox_activity,
    login_token,
    received_activity,
    sent_activity,
)

log = logging.getLogger(__name__)

MINUTES: Final = 60.0
HOURS: Final = 60 * MINUTES
DAYS: Final = 24 * HOURS

BATCH: Final = 500
"""Rows changed by one unit of work: some milliseconds on a small board."""
SESSION_LIFE: Final[Micros] = 365 * DAY
"""A token that was given out a year ago counts no more: Lemmy's never end, and lie in old backups of phones."""
DELETED_KEPT: Final[Micros] = 30 * DAY
RECEIVED_KEPT: Final[Micros] = 7 * DAY
"""Far longer than any signature holds, as in Lemmy."""
IDLE_SECONDS: Final = 2.0
MOST_WAITS_FOR_IDLE: Final = 300


class Tools(NamedTuple):
    """What jobs work with."""

    context: Context
    database: Database
    federation: Federation


class Job(NamedTuple):
    """One line of the table. `every` is in seconds; `what` is said to people who ask what the program does by itself.

    `by_age`: it lets things go because they are old. While the clock is in doubt it waits: under one that is years ahead it would drop
    all sessions, all bans, and all that other instances have not heard yet.
    """

    name: str
    every: float
    run: Callable[[Tools], Awaitable[int]]
    what: str
    by_age: bool = False


async def in_batches(tools: Tools, verb: Callable[..., int], *args: Any) -> int:
    """Repeat `verb(tx, *args, BATCH)` until it finds nothing more to do; others get their turn between."""
    done = 0
    while number := await tools.database.write(verb, *args, BATCH):
        done += number
    return done


async def _bans(tools: Tools) -> int:
    return await tools.database.write(ban.lift_expired)


async def _captchas(tools: Tools) -> int:
    return await tools.database.write(_expire_captchas)


def _expire_captchas(tx: Transaction) -> int:
    return captcha_answer.expire(tx, tx.now - captcha.LIFE)


async def _tokens(tools: Tools) -> int:
    return await tools.database.write(_expire_tokens)


def _expire_tokens(tx: Transaction) -> int:
    actor.forget_retired_keys(tx, tx.now - key_rotation.GRACE)
    spent = account_token.expire(tx, tx.now - password.RESET_LIFE, tx.now - email_address.PROOF_LIFE)
    return spent + login_token.expire(tx, tx.now - SESSION_LIFE)


async def _deletions(tools: Tools) -> int:
    return await in_batches(tools, erasure.old_deletions, tools.context.clock.now() - DELETED_KEPT)


async def _denied(tools: Tools) -> int:
    return await in_batches(tools, registration.forget_denied)


async def _active(tools: Tools) -> int:
    return await active_users.count(tools.database)


async def _inactive(tools: Tools) -> int:
    return await tools.database.write(active_person.forget)


async def _sent(tools: Tools) -> int:
    before = tools.context.clock.now() - tools.context.config.federation.log_kept_days * DAY
    await tools.database.write(delivery.age, before)
    return await in_batches(tools, sent_activity.forget, before)


async def _received(tools: Tools) -> int:
    before = tools.context.clock.now() - RECEIVED_KEPT
    return await in_batches(tools, received_activity.forget, before) + await in_batches(tools, inbox_activity.forget_parked, before)


async def _software(tools: Tools) -> int:
    return await tools.federation.survey_software()


async def _counters(tools: Tools) -> int:
    found = await recount.repair(tools.database)
    for difference in found:
        log.warning("counter repaired: %s", difference)
    return len(found)


async def _backup(tools: Tools) -> int:
    return await beside(partial(keeping.scheduled, tools.context.config, tools.context.clock))


async def _tidy(tools: Tools) -> int:
    """Waits for a moment in which nothing is written, but not for ever."""
    for _ in range(MOST_WAITS_FOR_IDLE):
        commits = tools.database.commits
        await asyncio.sleep(IDLE_SECONDS)
        if tools.database.commits == commits:
            break
    await tools.database.maintain(upkeep.tidy)
    return 1


async def _whole(tools: Tools) -> int:
    """A copy of a damaged file is damaged too, so it is found before the last good backup has been dropped."""
    path = tools.context.config.sqlite_path
    if path is None or tools.database.damage is not None:
        return 0
    if (found := await asyncio.to_thread(damage.look_through, path)) is not None:
        tools.database.distrust(found)
        log.critical("%s", keeping.way_back(tools.context.config))
    return 0


async def _votes(tools: Tools) -> int:
    return await vote_merging.merge(tools.database)


async def _voters(tools: Tools) -> int:
    return await vote_merging.note_voters(tools.database)


async def _digests(tools: Tools) -> int:
    return await in_batches(tools, mail_digest.queue_due) if tools.context.config.email is not None else 0


async def _disk(tools: Tools) -> int:
    return await disk_keeping.keep(disk.Tools(tools.context, tools.database))


async def _wear(tools: Tools) -> int:
    if tools.context.meter is not None and tools.context.meter.is_due:
        await tools.database.note(wear.note, tools.context)
    return 0


JOBS: Final[tuple[Job, ...]] = (
    Job(
        "disk",
        MINUTES,
        _disk,
        "Looks how full the disk is, and lets old things from elsewhere go where they take too much (disk.budget).",
    ),
    Job("votes", MINUTES, _votes, "Brings votes of other instances to their tables, where many come and wait for each other."),
    Job("voters", 6 * HOURS, _voters, "Notes who has cast those votes as active, and drops what the log of votes need not know any more."),
    Job("captchas", 10 * MINUTES, _captchas, "Drops captchas that nobody has answered within ten minutes."),
    Job("bans", HOURS, _bans, "Clears bans whose end has come; they have had no effect since.", by_age=True),
    Job("active users", HOURS, _active, "Counts who was active within a day, a week, a month and half a year."),
    Job("software", HOURS, _software, "Asks some other instances what they run; each is asked once a day."),
    Job("digests", HOURS / 4, _digests, "Sends digests to those who want one each day or week, where a mail server is configured."),
    Job(
        "backup",
        HOURS / 4,
        _backup,
        "Makes the backup that is due after backup.every, drops old ones, and tries once a week to restore.",
        by_age=True,
    ),
    Job("wear", HOURS, _wear, "Notes how much was written to the disk, four times a day."),
    Job(
        "tokens",
        DAYS,
        _tokens,
        "Drops links from mails that count no more, sessions begun more than a year ago, and keys replaced two days ago.",
        by_age=True,
    ),
    Job("deletions", DAYS, _deletions, "Overwrites texts that their authors deleted more than 30 days ago.", by_age=True),
    Job("denied applicants", DAYS, _denied, "Deletes accounts that were refused and were asked for more than a week ago.", by_age=True),
    Job("inactive users", DAYS, _inactive, "Forgets who was active, where that is longer ago than any count looks back.", by_age=True),
    Job("sent log", DAYS, _sent, "Drops sent activities after federation.log_kept_days.", by_age=True),
    Job(
        "received ids",
        DAYS,
        _received,
        "Drops the ids of received activities, and those that could not be applied, after a week.",
        by_age=True,
    ),
    Job("whole", DAYS, _whole, "Reads the whole database. Where it is damaged, nothing is written any more, and the log says what to do."),
    Job("database", DAYS, _tidy, "Tidies the database file in a moment when nothing is written."),
    Job("counters", 7 * DAYS, _counters, "Recounts everything, and repairs and logs what is wrong."),
)
