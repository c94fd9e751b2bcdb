"""The site: first set-up, and what it shows of itself."""

from lemmy_lite.context import Context
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.model.emoji import CustomEmojiView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import InstanceId, LanguageId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.local_user import MyUserInfo
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.model.site import LocalSiteRateLimit, LocalSiteUrlBlocklist, Site, SiteView, Tagline
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import instance, site
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.storage.views import emoji as emojis
from lemmy_lite.storage.views import person as people
from lemmy_lite.text import names

UNNAMED = "New Site"


class Reading(Struct, kw_only=True):
    """The site as a visitor gets to know it; `my_user` for those who are logged in."""

    site_view: SiteView
    admins: list[PersonView]
    my_user: MyUserInfo | None = None
    discussion_languages: list[LanguageId]
    taglines: list[Tagline]
    custom_emojis: list[CustomEmojiView]
    blocked_urls: list[LocalSiteUrlBlocklist]


def exists(tx: Transaction) -> bool:
    """Whether this database holds a site: False only before the first start."""
    return site.view(tx) is not None


def found(tx: Transaction, context: Context, keys: KeyPair, name: str | None) -> SiteView:
    """Make the local site at the first start. With a name it counts as set up; without one the first account becomes its admin."""
    home = instance.get_or_create(tx, context.config.domain)
    actor_id = f"{context.config.base_url}/"
    if name is not None:
        names.check("site name", name)
    site_id = site.insert(
        tx,
        name=UNNAMED if name is None else name,
        instance_id=home,
        published=tx.now,
        actor_id=actor_id,
        inbox_url=f"{actor_id}inbox",
        public_key=keys.public_key,
        last_refreshed_at=tx.now,
    )
    site.insert_local(tx, site_id, site_setup=name is not None)
    site.set_languages(tx, site_id, [LanguageId(number) for number in range(len(LANGUAGES))])
    actors.put(
        tx,
        Actor(
            ap_id=actor_id,
            site_id=site_id,
            instance_id=home,
            inbox_url=f"{actor_id}inbox",
            last_refreshed_at=tx.now,
            public_key=keys.public_key,
            private_key=keys.private_key,
        ),
    )
    return view(tx)


def appoint_first_admin(tx: Transaction, context: Context, name: str, hashed: str, keys: KeyPair, email: str | None) -> Person:
    """Enter the admin named in the configuration, or made up at the first start. Raises invalid_name, user_already_exists."""
    settings = site.local(tx)
    names.check_actor_name(name, settings.actor_name_max_length)
    person, _ = accounts.create(
        tx, context, name, hashed, keys, admin=True, accepted_application=True, email=email.lower() if email else None, email_verified=True
    )
    return person


def view(tx: Transaction) -> SiteView:
    """This site with settings and counters. Raises local_site_not_setup before the first start has made it."""
    shown = site.view(tx)
    if shown is None:
        raise LemmyError("local_site_not_setup")
    return shown


def rate_limits(tx: Transaction) -> LocalSiteRateLimit:
    """How often clients may ask."""
    return site.rate_limits(tx)


def taglines(tx: Transaction) -> list[Tagline]:
    """The taglines, in the order they were written."""
    return site.taglines(tx)


def admins(tx: Transaction) -> list[PersonView]:
    """The admins, who came first first."""
    return people.admins(tx)


def of_instance(tx: Transaction, instance_id: InstanceId) -> Site | None:
    """The site of an instance, ours or another, if it is known."""
    return site.of_instance(tx, instance_id)


def frame(tx: Transaction, viewer: Viewer | None) -> tuple[SiteView, MyUserInfo | None]:
    """What every page needs: the site and the reader's account."""
    return view(tx), accounts.my_user(tx, viewer) if viewer else None


def reading(tx: Transaction, viewer: Viewer | None) -> Reading:
    """All that `GET /site` and the frame of every page need. Raises local_site_not_setup."""
    return Reading(
        site_view=view(tx),
        admins=admins(tx),
        my_user=accounts.my_user(tx, viewer) if viewer else None,
        discussion_languages=site.languages(tx),
        taglines=site.taglines(tx),
        custom_emojis=emojis.listing(tx),
        blocked_urls=site.blocked_urls(tx),
    )
