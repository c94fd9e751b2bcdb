"""Changing a community: its texts, pictures, languages and rules, and what its moderators and the admins may do to it as a whole."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import moderation
from lemmy_lite.domain import site as sites
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms, pictures
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import chosen
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import community_path
from lemmy_lite.model.community import Community, CommunityForm, CommunityVisibility
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, LanguageId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction

LANGUAGE = "discussion_languages"
_FIELDS: Final = {
    "invalid_body_field": "description",
    "couldnt_update_community": "title",
    "slurs": "title",
    "invalid_name": "title",
    "unknown": "title",
    "language_not_allowed": LANGUAGE,
    "pictrs_response_error": "icon_file",
}
_FACES = ("icon", "banner")


class Matter(Struct, kw_only=True):
    """What the page shows: the community, its languages, and those that the site offers; none chosen means all of these."""

    community: Community
    languages: list[LanguageId]
    offered: Sequence[tuple[int, str]]


async def change(visit: Visit) -> Response:
    """`GET /c/NAME/settings`."""
    return await _page(visit)


async def edit(visit: Visit, form: Form) -> Response:
    """`POST /c/NAME/settings`."""
    me = visit.me
    try:
        pictures.require_taken(form)
        found = await visit.site.database.write(_edit, visit, me.person, form)
    except LemmyError as error:
        return await _page(visit, form, forms.faults(error, _FIELDS))
    return redirect(community_path(found))


def _edit(tx: Transaction, visit: Visit, me: Person, form: Form) -> Community:
    found = existing(tx, visit)
    communities.require_editable(tx, me, found)
    if not form.get("title", "").strip():
        raise LemmyError("unknown", "A community needs a title.")
    numbers = [forms.number(text, least=0, most=len(LANGUAGES) - 1) for text in forms.several(form, LANGUAGE)]
    if None in numbers:
        raise LemmyError("language_not_allowed")
    faces = {name: form[name] for name in _FACES if form.get(name)} | {name: "" for name in _FACES if forms.ticked(form, f"no_{name}")}
    # A site with one language offers no choice, and then leaves what is there.
    tongues = {LANGUAGE: [LanguageId(number) for number in numbers if number is not None]} if forms.ticked(form, "languages_shown") else {}
    return communities.edit(tx, visit.site.context, me, found.id, forms.into(CommunityForm, fields(form), faces, tongues))


def fields(form: Form) -> dict[str, Any]:
    """What founding and changing a community have in common; boxes that are not ticked are not sent."""
    return {
        "title": form.get("title", "").strip(),
        "description": form.get("description", ""),
        "visibility": chosen(CommunityVisibility, form.get("visibility"), CommunityVisibility.PUBLIC),
        "posting_restricted_to_mods": forms.ticked(form, "posting_restricted_to_mods"),
        "nsfw": forms.ticked(form, "nsfw"),
    }


def _deleted(tx: Transaction, me: Person, number: CommunityId, form: Form) -> None:
    communities.delete(tx, me, number, forms.ticked(form, "deleted"))


def _removed(tx: Transaction, me: Person, number: CommunityId, form: Form) -> None:
    moderation.remove_community(tx, me, number, forms.ticked(form, "removed"), form.get("removed_reason", "").strip() or None)


def _hidden(tx: Transaction, me: Person, number: CommunityId, form: Form) -> None:
    moderation.hide_community(tx, me, number, forms.ticked(form, "hidden"), form.get("hidden_reason", "").strip() or None)


DEEDS: Final[Mapping[str, Callable[[Transaction, Person, CommunityId, Form], None]]] = {
    "deleted": _deleted,
    "removed": _removed,
    "hidden": _hidden,
}
"""What a form about a whole community wishes, by the name of its button."""


async def decide(visit: Visit, form: Form) -> Response:
    """`POST /c/NAME/moderate`: delete, remove or hide the community, or undo it."""
    me = visit.me
    wish = next((name for name in DEEDS if name in form), None)
    if wish is None:
        raise Refused(400)

    def write(tx: Transaction) -> str:
        found = existing(tx, visit)
        DEEDS[wish](tx, me.person, found.id, form)
        return community_path(found)

    try:
        path = await visit.site.database.write(write)
    except LemmyError as error:
        return await _page(visit, None, {"": error.sentence}, form)
    return redirect(f"{path}/settings?done=1")


async def _page(visit: Visit, form: Form | None = None, errors: Mapping[str, str] | None = None, decided: Form | None = None) -> Response:
    me = visit.me

    def matter(tx: Transaction, frame: Frame) -> Matter:
        found = existing(tx, visit)
        communities.require_editable(tx, me.person, found)
        offered = [(number, LANGUAGES[number].name) for number in sites.reading(tx, None).discussion_languages]
        return Matter(community=found, languages=communities.languages(tx, found.id), offered=offered)

    frame, found = await visit.read(matter)
    return visit.page(
        frame,
        "community_settings.html",
        status=400 if errors else 200,
        notice="Done." if visit.query.get("done") == "1" and not errors else None,
        community=found.community,
        offered=found.offered,
        uploads=pictures.offered(visit, face=True),
        form=_typed(form) if form is not None else _shown(found),
        decided=decided or {},
        errors=errors or {},
    )


def _shown(found: Matter) -> dict[str, Any]:
    community = found.community
    return {
        "title": community.title,
        "description": community.description or "",
        "icon": "",
        "banner": "",
        "visibility": community.visibility.value,
        "posting_restricted_to_mods": "true" if community.posting_restricted_to_mods else "",
        "nsfw": "true" if community.nsfw else "",
        LANGUAGE: [str(number) for number in found.languages],
    }


def _typed(form: Form) -> dict[str, Any]:
    return {**form, LANGUAGE: forms.several(form, LANGUAGE)}


def existing(tx: Transaction, visit: Visit) -> Community:
    """The community of the address, which must be known here. Raises couldnt_find_community."""
    found = communities.named(tx, visit.site.context, visit.request.parameters["name"])
    if found is None:
        raise LemmyError("couldnt_find_community", missing=True)
    return found
