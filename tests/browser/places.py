"""Every page of the site by its route: the addresses under which it is looked at, with hostile text wherever people can write."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lemmy_lite.http.web.site_fields import ALL_TABS
from tests.instances import PASSWORD, Client, Instance

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }} [x](javascript:alert(1)) ![x](http://evil.example/x.png)"
SHORT = "<img src=x>"
ADMIN = "root"

PLACES: Mapping[str, tuple[str, ...]] = {
    "/": (
        "/",
        "/?listingType=All&sort=New",
        "/?dataType=Comment&listingType=All",
        "/?postListingMode=Card&listingType=All",
        "/?listingType=Subscribed",
    ),
    "/forum": ("/forum",),
    "/archive": ("/archive",),
    "/archive/{year}": ("/archive/{year}",),
    "/archive/{year}/{month}": ("/archive/{year}/{month}",),
    "/language/{code}": ("/language/en",),
    "/about": ("/about",),
    "/c/{name}": ("/c/home", "/c/home?dataType=Comment", "/c/home?postListingMode=SmallCard"),
    "/communities": ("/communities?listingType=All",),
    "/create_community": ("/create_community",),
    "/post/{post_id}": ("/post/{post}", "/post/{post}?view=Flat", "/post/{post}/{comment}"),
    "/post/{post_id}/elsewhere": ("/post/{post}/elsewhere", "/post/{post}/elsewhere?server={hostile}"),
    "/post/{post_id}/edit": ("/post/{mine}/edit",),
    "/post/{post_id}/reply": ("/post/{post}/reply",),
    "/create_post": ("/create_post?community=home", "/create_post?crossPost={post}"),
    "/comment/{comment_id}": ("/comment/{comment}",),
    "/comment/{comment_id}/edit": ("/comment/{my_comment}/edit",),
    "/comment/{comment_id}/reply": ("/comment/{comment}/reply",),
    "/u/{name}": ("/u/eve", "/u/eve?view=Comments", "/u/admin?view=Saved"),
    "/search": ("/search", "/search?q=script", "/search?q={hostile}"),
    "/emoji": ("/emoji",),
    "/inbox": ("/inbox", "/inbox?view=All&type=Messages"),
    "/keyboard": ("/keyboard",),
    "/create_private_message/{recipient_id}": ("/create_private_message/{eve}",),
    "/private_message/{message_id}": ("/private_message/{message}",),
    "/private_message/{message_id}/edit": ("/private_message/{my_message}/edit",),
    "/login": ("/login?prev={hostile}",),
    "/signup": ("/signup",),
    "/login_reset": ("/login_reset",),
    "/password_change/{token}": ("/password_change/x",),
    "/verify_email/{token}": ("/verify_email/x",),
    "/unsubscribe/{token}": ("/unsubscribe/1-x",),
    "/settings": ("/settings",),
    "/settings/security": ("/settings/security",),
    "/settings/blocks": ("/settings/blocks",),
    "/settings/uploads": ("/settings/uploads",),
    "/settings/data": ("/settings/data",),
    "/modlog": ("/modlog", "/modlog?mod={hostile}"),
    "/modlog/{community_id}": ("/modlog/{home}",),
    "/instances": ("/instances", "/instances?q={hostile}"),
    "/legal": ("/legal",),
    "/setup": ("/setup",),
    "/post/{post_id}/report": ("/post/{post}/report",),
    "/post/{post_id}/moderate": ("/post/{post}/moderate",),
    "/post/{post_id}/votes": ("/post/{post}/votes",),
    "/post/{post_id}/purge": ("/post/{post}/purge",),
    "/comment/{comment_id}/report": ("/comment/{comment}/report",),
    "/comment/{comment_id}/moderate": ("/comment/{comment}/moderate",),
    "/comment/{comment_id}/votes": ("/comment/{comment}/votes",),
    "/comment/{comment_id}/purge": ("/comment/{comment}/purge",),
    "/private_message/{message_id}/report": ("/private_message/{message}/report",),
    "/u/{name}/moderate": ("/u/eve/moderate",),
    "/u/{name}/purge": ("/u/eve/purge",),
    "/c/{name}/purge": ("/c/home/purge",),
    "/c/{name}/settings": ("/c/home/settings",),
    "/c/{name}/mods": ("/c/home/mods",),
    "/reports": ("/reports?view=All",),
    "/registration_applications": ("/registration_applications?view=All",),
    "/admin": tuple(f"/admin?tab={tab}" for tab, _ in ALL_TABS),
}
"""By route, as `routes.PAGES` has them; `home` is a blog in front of the site."""

NO_PAGES = ("/feed", "/inbox/unread", "/mentions", "/words", "/settings/export")
"""Answered for script, or as a file."""
FOR_STRANGERS = frozenset({"/login", "/signup", "/login_reset"})
"""Pages from which whoever is logged in is led away."""


def settled(site: Instance) -> dict[str, object]:
    """A site in which every text that people can write is hostile; answers its things by name. The admin reads it."""
    admin = site.admin
    home = admin.post("/community", name="home", title=HOSTILE, description=HOSTILE)["community_view"]["community"]["id"]
    eve, bob = site.registered("eve"), site.registered("bob")
    today = datetime.now(UTC)
    things: dict[str, object] = {"home": home, "eve": _id(site, "eve"), "year": today.year, "month": f"{today.month:02}"}
    things["post"] = _written(
        eve, "/post", "post", name=HOSTILE, body=HOSTILE, alt_text=HOSTILE, community_id=home, url="https://link.example/"
    )
    things["mine"] = _written(admin, "/post", "post", name=HOSTILE, body=f"```\n{HOSTILE}\n```", community_id=home)
    gone = _written(eve, "/post", "post", name=HOSTILE, body=HOSTILE, community_id=home)
    things["my_comment"] = _written(admin, "/comment", "comment", content=HOSTILE, post_id=things["post"])
    things["comment"] = _written(
        eve, "/comment", "comment", content=f"@admin@{site.hostname} {HOSTILE}", post_id=things["post"], parent_id=things["my_comment"]
    )
    for name, writer, reader in (("message", eve, "admin"), ("my_message", admin, "eve"), ("warned", eve, "bob")):
        things[name] = _written(writer, "/private_message", "private_message", recipient_id=_id(site, reader), content=HOSTILE)
    for noun, kind in (("post", "post"), ("comment", "comment")):
        bob.post(f"/{kind}/report", **{f"{noun}_id": things[noun]}, reason=HOSTILE)
    bob.post("/private_message/report", private_message_id=things["warned"], reason=HOSTILE)
    admin.post("/post/remove", post_id=gone, removed=True, reason=HOSTILE)
    admin.post("/user/ban", person_id=_id(site, "bob"), ban=True, reason=HOSTILE, expires=4_000_000_000)
    admin.post("/user/block", person_id=things["eve"], block=True)
    admin.post("/user/block", person_id=things["eve"], block=False)
    admin.post(
        "/custom_emoji", category=HOSTILE, shortcode="duck", image_url="https://evil.example/duck.png", alt_text=HOSTILE, keywords=[SHORT]
    )
    _asks(site, admin)
    return things


def _asks(site: Instance, admin: Client) -> None:
    texts = {"sidebar": HOSTILE, "legal_information": HOSTILE, "application_question": HOSTILE, "description": HOSTILE[:150]}
    admin.put("/site", name=SHORT, taglines=[HOSTILE], registration_mode="RequireApplication", content_warning=HOSTILE, **texts)
    site.client().post("/user/register", username="hopes", password=PASSWORD, password_verify=PASSWORD, answer=HOSTILE)
    # What other servers may send is longer than what can be typed here.
    quoted = HOSTILE.replace("'", "''")
    site.execute(f"UPDATE person SET display_name = '{quoted}', bio = '{quoted}', matrix_user_id = '{quoted}'")
    site.execute(f"UPDATE post SET embed_title = '{quoted}', embed_description = '{quoted}'")
    site.execute(f"INSERT INTO instance (domain, published, software, version) VALUES ('far.example', 1, '{quoted}', '{quoted}')")


def _written(who: Client, path: str, noun: str, **fields: Any) -> int:
    return int(who.post(path, **fields)[f"{noun}_view"][noun]["id"])


def _id(site: Instance, name: str) -> int:
    return int(site.execute(f"SELECT id FROM person WHERE name = '{name}'")[0][0])
