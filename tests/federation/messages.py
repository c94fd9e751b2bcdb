"""Each kind of message that others send, in a scene in which it has its effect."""

from typing import Any

from lemmy_lite.domain import community as communities
from lemmy_lite.federation.objects import community as of_communities
from lemmy_lite.federation.protocol.wire import builtins
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor, block, community_ban, community_moderator
from lemmy_lite.storage.tables.backfill import Phase
from tests.federation.lab import Place, eventually
from tests.federation.peer import Json, Peer

NOT_LOOKED_AT = ("received_activity", "inbox_activity", "delivery", "backfill", "job_run", "sqlite_", "post_terms", "comment_terms")
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' ORDER BY name",
    "postgres": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
}


class Scene:
    """A local community and one elsewhere that is followed; `zoe` lives where that is and moderates the local one, from which
    `yan` next door to her is banned; `lea` and everything foreign on another host."""

    def __init__(self, place: Place, one: Peer, two: Peer) -> None:
        self.place, self.one, self.two = place, one, two
        self.zoe, self.lea, self.yan = one.person("zoe"), two.person("lea"), one.person("yan")
        self.xia = one.actor("Person", "u", "xia", movedTo=f"{one.url}/u/wes")
        self.gardens, self.foreign_group = one.group("gardens"), two.group("elsewhere")
        self.site = one.actor("Application", "site", "actor")
        self.wes = one.actor("Person", "u", "wes", alsoKnownAs=[self.xia])
        self.foreign_page = two.page(self.lea, self.foreign_group)["id"]
        self.home: Community
        self.ann: Person
        self.page: Json
        self.flower: Json
        self.group: Json
        self.written: str

    async def set(self) -> None:
        """What is there before the message comes."""
        place = self.place
        self.ann = await place.person("ann")
        self.home = await place.community(self.ann)
        self.written = (await place.post(self.ann, self.home)).ap_id
        followed, asked = await place.federation.resolve(self.gardens), await place.federation.resolve(self.one.group("pending"))
        assert isinstance(followed, Community)
        assert isinstance(asked, Community)

        def follow(tx: Transaction) -> None:
            communities.follow(tx, self.ann, followed.id, True)
            communities.accept_follow(tx, self.ann.id, followed.id)
            communities.follow(tx, self.ann, asked.id, True)

        await place.write(follow)
        self.page = self.one.page(self.zoe, self.home.actor_id)
        await self.deliver(self.one.activity("Create", self.zoe, self.page, self.home.actor_id))
        self.flower = self.one.page(self.xia, self.gardens)
        await self.deliver(self.one.activity("Announce", self.gardens, self.one.activity("Create", self.xia, self.flower, self.gardens)))
        yan = await place.federation.resolve(self.yan)
        zoe, xia = await place.federation.resolve(self.zoe), await place.federation.resolve(self.xia)

        def appoint(tx: Transaction) -> None:
            community_moderator.insert(tx, self.home.id, zoe.id)  # type: ignore[arg-type]  # zoe is a person
            community_ban.put(tx, self.home.id, yan.id, None)  # type: ignore[arg-type]  # so is yan
            block.put(tx, "person", self.ann.id, xia.id)

        await place.write(appoint)
        await self.deliver(self.one.activity("Flag", self.site, f"{self.one.url}/nothing"))
        self.message = message(self) | {"id": f"{self.one.url}/private_message/1"}
        await self.deliver(private(self, "Create", self.message))
        own = await place.read(actor.of_community, self.home.id)
        assert own is not None
        self.group = builtins(await place.read(of_communities.to_wire, place.context, self.home, own))
        await eventually(place.federation.backfills, gives=lambda rows: all(row.phase is Phase.DONE for row in rows))
        self.one.fetched.clear()
        self.two.fetched.clear()

    async def deliver(self, activity: Json, **signing: Any) -> int:
        """Send, and wait for the effect."""
        answer = await self.place.federation.receive(self.one.request(self.place, activity, **signing))
        await self.place.federation.applied()
        return answer.status

    async def state(self) -> list[Any]:
        """All rows, but for those that remember which messages came and how others are doing."""

        def rows(tx: Transaction) -> list[Any]:
            tables = tx.column(TABLES["sqlite" if tx.dialect.is_sqlite else "postgres"])
            # Postgres answers rows in the order in which they were written last.
            return [(each, sorted(map(repr, tx.all(f"SELECT * FROM {each}")))) for each in tables if not each.startswith(NOT_LOOKED_AT)]

        return await self.place.read(rows)


def follow(scene: Scene) -> Json:
    return scene.one.activity("Follow", scene.zoe, scene.home.actor_id, to=[scene.home.actor_id])


def accept(scene: Scene) -> Json:
    pending = f"{scene.one.url}/c/pending"
    asked = {"id": f"{scene.place.url}/activities/follow/1", "type": "Follow", "actor": scene.ann.actor_id, "object": pending}
    return scene.one.activity("Accept", pending, asked, to=[scene.ann.actor_id])


def create_page(scene: Scene) -> Json:
    return scene.one.activity("Create", scene.zoe, scene.one.page(scene.zoe, scene.home.actor_id), scene.home.actor_id)


def create_note(scene: Scene) -> Json:
    note = scene.one.note(scene.zoe, scene.written, scene.home.actor_id)
    return scene.one.activity("Create", scene.zoe, note, scene.home.actor_id)


def update_page(scene: Scene) -> Json:
    page = scene.page | {"name": "Another title", "updated": "2024-08-08T08:08:08Z"}
    return scene.one.activity("Update", scene.zoe, page, scene.home.actor_id)


def like(scene: Scene) -> Json:
    return scene.one.activity("Like", scene.zoe, scene.written, scene.home.actor_id)


def delete(scene: Scene) -> Json:
    return scene.one.activity("Delete", scene.zoe, scene.page["id"], scene.home.actor_id)


def lock(scene: Scene) -> Json:
    return scene.one.activity("Lock", scene.zoe, scene.written, scene.home.actor_id)


def pin(scene: Scene) -> Json:
    return scene.one.activity("Add", scene.zoe, scene.written, scene.home.actor_id, target=f"{scene.home.actor_id}/featured")


def step_down(scene: Scene) -> Json:
    return scene.one.activity("Remove", scene.zoe, scene.zoe, scene.home.actor_id, target=f"{scene.home.actor_id}/moderators")


def remove(scene: Scene) -> Json:
    return delete(scene) | {"summary": "off topic"}


def ban(scene: Scene) -> Json:
    return scene.one.activity("Block", scene.zoe, scene.zoe, scene.home.actor_id, target=scene.home.actor_id, removeData=True)


def site_ban(scene: Scene) -> Json:
    return scene.one.activity("Block", scene.zoe, scene.yan, target=f"{scene.one.url}/", removeData=True)


def lift_ban(scene: Scene) -> Json:
    return scene.one.activity("Undo", scene.zoe, ban(scene) | {"object": scene.yan}, scene.home.actor_id)


def report(scene: Scene) -> Json:
    home = scene.home.actor_id
    return scene.one.activity("Flag", scene.zoe, scene.written, to=[home], audience=home, summary="spam")


def update_community(scene: Scene) -> Json:
    group = scene.group | {"name": "Green tea", "updated": "2200-01-01T00:00:00Z"}
    return scene.one.activity("Update", scene.zoe, group, scene.home.actor_id)


def farewell(scene: Scene) -> Json:
    return scene.one.activity("Delete", scene.zoe, scene.zoe, removeData=True)


def message(scene: Scene) -> Json:
    return {
        "id": f"{scene.one.url}/private_message/2",
        "type": "ChatMessage",
        "attributedTo": scene.zoe,
        "to": [scene.ann.actor_id],
        "content": "<p>Tea?</p>",
        "published": "2024-06-06T06:06:06Z",
    }


def private(scene: Scene, kind: str, obj: Any) -> Json:
    return {"id": scene.one.new_id("pm"), "type": kind, "actor": scene.zoe, "to": [scene.ann.actor_id], "object": obj}


def create_message(scene: Scene) -> Json:
    return private(scene, "Create", message(scene))


def create_direct_note(scene: Scene) -> Json:
    return private(scene, "Create", message(scene) | {"type": "Note", "tag": [{"type": "Mention", "href": scene.ann.actor_id}]})


def update_message(scene: Scene) -> Json:
    return private(scene, "Update", scene.message | {"content": "<p>Coffee?</p>", "updated": "2024-08-08T08:08:08Z"})


def delete_message(scene: Scene) -> Json:
    return private(scene, "Delete", scene.message["id"])


def follow_person(scene: Scene) -> Json:
    return scene.one.activity("Follow", scene.zoe, scene.ann.actor_id, to=[scene.ann.actor_id])


def update_person(scene: Scene) -> Json:
    document = scene.one.documents["/u/zoe"]
    assert isinstance(document, dict)
    return scene.one.activity("Update", scene.zoe, document | {"name": "Zoë", "updated": "2024-08-08T08:08:08Z"})


def move(scene: Scene) -> Json:
    return scene.one.activity("Move", scene.xia, scene.xia, target=scene.wes)


def report_by_the_site(scene: Scene) -> Json:
    return report(scene) | {"actor": scene.site, "object": [scene.ann.actor_id, scene.written], "to": scene.ann.actor_id}


def announced_lock(scene: Scene) -> Json:
    inner = scene.one.activity("Lock", scene.xia, scene.flower["id"], scene.gardens)
    return scene.one.activity("Announce", scene.gardens, inner)


def announce(scene: Scene) -> Json:
    inner = scene.one.activity("Create", scene.zoe, scene.one.page(scene.zoe, scene.gardens), scene.gardens)
    return scene.one.activity("Announce", scene.gardens, inner)


KINDS = {
    "Follow": follow,
    "Accept": accept,
    "Create of a post": create_page,
    "Create of a comment": create_note,
    "Update": update_page,
    "Like": like,
    "Delete": delete,
    "Announce": announce,
    "Lock": lock,
    "Add": pin,
    "Remove": step_down,
    "Removal": remove,
    "Block": ban,
    "Block by the home": site_ban,
    "Undo": lift_ban,
    "Flag": report,
    "Update of a community": update_community,
    "Delete of a person": farewell,
    "Announce of a Lock": announced_lock,
    "Private message": create_message,
    "Direct note": create_direct_note,
    "Update of a message": update_message,
    "Delete of a message": delete_message,
    "Follow of a person": follow_person,
    "Update of a person": update_person,
    "Move": move,
    "Flag by a site": report_by_the_site,
}
