"""The running part of federation: one object, made by the composition root, that receives, resolves and delivers.

    federation = Federation(context, database)
    database.within(subscriber.within(context), *subscriber.HEARS)    # the log is written in the deed's transaction
    database.after(federation.wake, *HEARS)    # and delivery looks at it after the commit
    await database.processes.start()           # alone, or among others; whoever leads begins to fill communities
    await federation.start() … await federation.close()

Its methods are called on the event loop that made it.
"""

from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import Request
from lemmy_lite.federation import origins
from lemmy_lite.federation.backfill.backfills import Backfills
from lemmy_lite.federation.backfill.polite import Polite, pace_of
from lemmy_lite.federation.clock_gate import ClockGate
from lemmy_lite.federation.converting import Converting
from lemmy_lite.federation.delivery import Delivery
from lemmy_lite.federation.document import Document
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.figures import Figures
from lemmy_lite.federation.importing import Importing
from lemmy_lite.federation.inbox.lanes import Lanes
from lemmy_lite.federation.inbox.receiving import Answer, Receiving
from lemmy_lite.federation.inbox.senders import Senders
from lemmy_lite.federation.looks import Looks
from lemmy_lite.federation.meeting import Meeting
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.refresh import Refresh
from lemmy_lite.federation.resolve import Resolving
from lemmy_lite.federation.signed_fetch import SignedFetch
from lemmy_lite.federation.signing import Signing
from lemmy_lite.federation.software import Software
from lemmy_lite.federation.store import Store, Stored
from lemmy_lite.model.events import ActivityLogged, Event, SiteEdited
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.model.settings_backup import UserSettingsImport
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables.backfill import Backfill

HEARS: Final = (ActivityLogged, SiteEdited, *Backfills.HEARS, *Refresh.HEARS)
SEEN = "seen"
"""What processes call to each other: an instance has spoken, so it lives."""

_UPDATE = b'"Update"'


class Federation:
    """Inbox, look-ups and delivery of one process."""

    def __init__(self, context: Context, database: Database) -> None:
        self._policy = policy = Policy(context.config, database)
        self._database = database
        self._gate = ClockGate(context, database, policy)
        signing = Signing(context, database, self._gate)
        fetcher = Fetcher(context, database, policy, signing)
        looks = Looks()
        self._signed_fetch = SignedFetch(context, database, policy, fetcher, self._gate, looks)
        store = Store(context, database, fetcher, Converting(database.aside))
        self._delivery = Delivery(context, database, policy, signing, self._gate)
        self._lanes = Lanes(context, database, fetcher, store, self._applied)
        self._senders = senders = Senders(context, database, fetcher, store, looks)
        self._receiving = Receiving(context, policy, senders, self._lanes, self._gate)
        self._software = Software(context, database, policy, fetcher)
        polite = Polite(context, database, policy, signing, pace_of(context))
        self._backfills = Backfills(context, database, policy, fetcher=fetcher, polite=polite, store=store, software=self._software)
        self._refresh = Refresh(context, database, polite, store, senders, self._backfills)
        self._resolving = Resolving(context, database, policy, fetcher, store, self._backfills, self._refresh)
        self._importing = Importing(database, self.resolve)
        self._meeting = Meeting(context, database, self.resolve, self._software)
        database.processes.when_leading(self._lead, self._backfills.follow)
        database.processes.when_called(SEEN, self._seen_elsewhere)

    async def start(self) -> None:
        """Take up what an earlier run left in the inbox and in the log."""
        self._gate.start()
        await self._lanes.start()
        self._delivery.start()
        self._refresh.start()
        self._backfills.start()

    async def close(self) -> None:
        """Stop; everything that waits is in the database. The database is closed afterwards, by its owner."""
        await self._lanes.close()
        await self._importing.close()
        await self._refresh.close()
        await self._backfills.close()
        await self._delivery.close()
        await self._gate.close()

    async def receive(self, request: Request) -> Answer:
        """Judge a request to an inbox, keep its activity durably, and say what to answer. Its effect comes after the answer."""
        return await self._receiving.receive(request)

    async def asks_for_signatures(self) -> bool:
        """Whether documents are for those alone who sign their requests."""
        return await self._signed_fetch.is_required()

    async def judge_fetch(self, request: Request) -> Document | None:
        """What to answer to a request for a document instead of it, where it is not properly signed by somebody allowed."""
        return await self._signed_fetch.judge(request)

    async def resolve(self, query: str) -> Stored:
        """What `!name@host`, `@name@host` or an address means, fetched if need be. Raises LemmyError (see `resolve.Resolving`)."""
        return await self._resolving.resolve(query)

    async def resolve_locally(self, query: str) -> Stored | None:
        """The same among what is here, for visitors without an account."""
        return await self._resolving.local(query)

    async def meet(self, text: object) -> None:
        """Make known whom a text calls by name, before it is written; what cannot be found in time stays plain text. Never raises."""
        await self._meeting.meet(text)

    async def meet_home(self, person_id: PersonId) -> None:
        """Learn what the home of somebody understands, before a message is written to them. Never raises."""
        await self._meeting.meet_home(person_id)

    def take_in(self, person_id: PersonId, file: UserSettingsImport) -> None:
        """Follow, save and block what the lists of an exported file name, after the answer."""
        self._importing.begin(person_id, file)

    async def survey_software(self) -> int:
        """Ask some instances what they run; answers how many told."""
        return await self._software.survey()

    def clock_doubt(self) -> str | None:
        """Why our clock is not believed, in a sentence; None while it is."""
        return self._gate.doubt()

    def thread_opened(self, post_id: PostId, *, by_account: bool) -> None:
        """Somebody looks at a thread: what is missing of it comes in the background. Costs a look into memory; see `backfill.opened`."""
        self._backfills.opened(post_id, by_account=by_account)

    async def reopen(self, post_id: PostId, *, by_account: bool) -> bool:
        """Have an old post back whose text, or all of it, left the disk. A reader waits some seconds for it at most; answers whether it is
        here now. Never raises for what its home does."""
        return await self._backfills.reopen(post_id, by_account=by_account)

    async def backfills(self) -> list[Backfill]:
        """How far each community of another instance has been filled with its older posts, the latest first."""
        return await self._backfills.all_of_them()

    async def taken_in(self) -> None:
        """Wait until the imports under way are done."""
        await self._importing.finished()

    def wake(self, event: Event | None = None) -> None:
        """Look whether there is something to deliver; what the admins decide about others holds at once."""
        if isinstance(event, SiteEdited):
            self._policy.forget()
        if event is None or isinstance(event, ActivityLogged | SiteEdited):
            self._delivery.wake(event)
        self._backfills.after(event)
        self._refresh.after(event)

    def retry(self, host: str) -> None:
        """Tell an instance now what waits for it, after `operating.retry` has forgotten its failures."""
        self._delivery.retry(host)

    def figures(self) -> Figures:
        """How sending and receiving go. How far each instance is behind stands in the rows: `storage.tables.delivery.lagging`."""
        return Figures(
            told=self._delivery.told,
            under_way=self._delivery.under_way,
            oldest_under_way=self._delivery.oldest_under_way,
            failing=self._delivery.failing,
            asleep=self._delivery.asleep,
            inbox_waiting=self._lanes.waiting,
            inbox_lanes=self._lanes.busy,
            inbox_refused=dict(self._receiving.refused),
            clock_doubt=self._gate.doubt(),
        )

    async def applied(self) -> None:
        """Wait until everything that was received has had its effect."""
        await self._lanes.idle()

    def _applied(self, actor_id: str, body: bytes) -> None:
        """An activity had its effect, and its sender is alive. What it has logged for others wakes delivery by itself."""
        domain = origins.domain(actor_id)
        if _UPDATE in body:
            # It may have brought the actor's new key. Whoever hides the word keeps the own old key for some seconds.
            self._senders.forget(actor_id)
        self._backfills.heard(domain)
        self._refresh.used(actor_id)
        self._delivery.seen(domain)
        self._database.processes.call(SEEN, domain)

    async def _lead(self) -> None:
        """Begin what only one process of an instance does: filling communities with what is older."""
        self._gate.start()
        await self._backfills.lead()

    def _seen_elsewhere(self, domain: str) -> None:
        """An instance spoke to another process of this one."""
        self._delivery.seen(domain)
        self._backfills.heard_elsewhere(domain)
