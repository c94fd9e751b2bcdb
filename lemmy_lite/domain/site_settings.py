"""Setting the site up and changing it: texts, rules, lists of instances and links, rate limits."""

from typing import Any, Final

from msgspec import UNSET

from lemmy_lite.context import Context
from lemmy_lite.domain import permissions
from lemmy_lite.domain import site as sites
from lemmy_lite.domain.writing import House
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import SiteEdited
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.listing import ListingType
from lemmy_lite.model.person import Person
from lemmy_lite.model.site import LocalSite, RegistrationMode, SiteForm, SiteView
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import normal_host
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, instance, local_user, site
from lemmy_lite.text import blocked_links, names, slurs

_SETTINGS: Final = (
    "enable_downvotes",
    "enable_nsfw",
    "community_creation_admin_only",
    "require_email_verification",
    "private_instance",
    "default_theme",
    "default_post_listing_type",
    "default_sort_type",
    "application_email_admins",
    "hide_modlog_mod_names",
    "actor_name_max_length",
    "federation_enabled",
    "captcha_enabled",
    "captcha_difficulty",
    "registration_mode",
    "reports_email_admins",
    "default_post_listing_mode",
)
"""Fields that are columns of local_site by the same name and replace the value as they are."""

_CLEARABLE: Final = ("application_question", "legal_information", "slur_filter_regex")
"""Texts of local_site that an empty text clears."""

_BUCKETS: Final = ("message", "post", "register", "image", "comment", "search")

LEAST_NAME_LENGTH, MOST_NAME_LENGTH = 3, 255  # of people and communities: nobody could register below, no column holds more


def set_up(tx: Transaction, context: Context, actor: Person, form: SiteForm) -> SiteView:
    """Give the site its first settings. Raises LemmyError: site_already_exists, not_an_admin, and those of `edit`."""
    permissions.require(tx, "site.edit", actor)
    if site.local(tx).site_setup:
        raise LemmyError("site_already_exists")
    if form.name is UNSET:
        raise LemmyError("site_name_required")
    site.update_local(tx, site_setup=True)
    return edit(tx, context, actor, form)


def edit(tx: Transaction, context: Context, actor: Person, form: SiteForm) -> SiteView:
    """Change the site. Lists that are given replace what was there.

    Raises LemmyError: not_an_admin, site_name_required, site_name_length_overflow, site_description_length_overflow, slurs, invalid_regex,
    permissive_regex, invalid_default_post_listing_type, application_question_required, invalid_url (a blocked link), language_not_allowed,
    too_many_items, and those of House.url and House.markdown.
    """
    permissions.require(tx, "site.edit", actor)
    before = sites.view(tx)
    _check(before.local_site, form)
    # The new slur filter judges the texts that come with it.
    if form.slur_filter_regex is not UNSET:
        site.update_local(tx, slur_filter_regex=form.slur_filter_regex or None)
    site.update(tx, before.site.id, updated=tx.now, **_texts(House(tx, context), form))
    site.update_local(tx, updated=tx.now, **_settings(form))
    site.update_rate_limit(tx, updated=tx.now, **_rate_limits(form))
    _replace_lists(tx, before, form)
    _spare_old_accounts(tx, before.local_site, site.local(tx))
    tx.append(SiteEdited(actor_id=actor.id))
    return sites.view(tx)


def _check(before: LocalSite, form: SiteForm) -> None:
    if form.slur_filter_regex is not UNSET:
        slurs.check_regex(form.slur_filter_regex)
    if form.default_post_listing_type is not UNSET and form.default_post_listing_type not in (ListingType.ALL, ListingType.LOCAL):
        raise LemmyError("invalid_default_post_listing_type")
    mode = before.registration_mode if form.registration_mode is UNSET else form.registration_mode
    question = before.application_question if form.application_question is UNSET else form.application_question
    if mode is RegistrationMode.REQUIRE_APPLICATION and not question:
        raise LemmyError("application_question_required")
    if form.actor_name_max_length is not UNSET and not LEAST_NAME_LENGTH <= form.actor_name_max_length <= MOST_NAME_LENGTH:
        raise LemmyError("invalid_name")
    if form.discussion_languages is not UNSET and not all(0 <= number < len(LANGUAGES) for number in form.discussion_languages):
        raise LemmyError("language_not_allowed")


def _texts(house: House, form: SiteForm) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if form.name is not UNSET:
        names.check("site name", house.name(form.name))
        values["name"] = form.name
    if form.description is not UNSET:
        names.check("site description", house.name(form.description))
        values["description"] = form.description or None
    if form.sidebar is not UNSET:
        sidebar, columns = house.body(form.sidebar, "sidebar") if form.sidebar else (None, house.rendered(None))
        values |= {"sidebar": sidebar, **columns}
    if form.content_warning is not UNSET:
        values["content_warning"] = form.content_warning or None
    for name in ("icon", "banner"):
        address = getattr(form, name)
        if address is not UNSET:
            values[name] = house.url(address) if address else None
    return values


def _settings(form: SiteForm) -> dict[str, Any]:
    values = {name: getattr(form, name) for name in _SETTINGS if getattr(form, name) is not UNSET}
    cleared = {name: getattr(form, name) or None for name in _CLEARABLE if getattr(form, name) is not UNSET}
    return values | cleared


def _rate_limits(form: SiteForm) -> dict[str, int]:
    """What is given; a refill time of 0 seconds is ignored (contract, rate_limit_defaults)."""
    values: dict[str, int] = {}
    for bucket in _BUCKETS:
        if getattr(form, f"rate_limit_{bucket}") is not UNSET:
            values[bucket] = max(0, getattr(form, f"rate_limit_{bucket}"))
        seconds = getattr(form, f"rate_limit_{bucket}_per_second")
        if seconds is not UNSET and seconds > 0:
            values[f"{bucket}_per_second"] = seconds
    return values


def _replace_lists(tx: Transaction, before: SiteView, form: SiteForm) -> None:
    if form.discussion_languages is not UNSET:
        wanted = form.discussion_languages or [language.id for language in LANGUAGES]
        site.set_languages(tx, before.site.id, wanted)
        if len(set(wanted)) < len(LANGUAGES):
            community.limit_languages(tx)
    if form.allowed_instances is not UNSET:
        instance.set_list(tx, "federation_allowlist", _domains(form.allowed_instances))
    if form.blocked_instances is not UNSET:
        instance.set_list(tx, "federation_blocklist", _domains(form.blocked_instances))
    if form.blocked_urls is not UNSET:
        site.set_blocked_urls(tx, blocked_links.entries(form.blocked_urls))
    if form.taglines is not UNSET:
        site.set_taglines(tx, before.local_site.id, form.taglines)


def _domains(listed: list[str]) -> list[str]:
    """The hosts of a list as rows have them: no scheme, path or port, in lower case and ASCII, so that no spelling slips through.

    Raises url_without_domain for what names no host.
    """
    found = []
    for text in listed:
        host = text.strip().removeprefix("https://").removeprefix("http://").partition("/")[0].partition(":")[0]
        try:
            found.append(normal_host(host))
        except NetError as error:
            raise LemmyError("url_without_domain", cause=error) from error
    return found


def _spare_old_accounts(tx: Transaction, before: LocalSite, after: LocalSite) -> None:
    """A new demand is for those who register from now on: accounts that are there have met it."""
    if after.registration_mode is RegistrationMode.REQUIRE_APPLICATION and before.registration_mode != after.registration_mode:
        site.count(tx, users=local_user.accept_all(tx))
    if after.require_email_verification and not before.require_email_verification:
        local_user.verify_all(tx)
