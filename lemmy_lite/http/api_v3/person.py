"""Operations on people."""

from lemmy_lite.context import Context
from lemmy_lite.domain import person as people
from lemmy_lite.domain import settings
from lemmy_lite.domain.person import ProfileQuery
from lemmy_lite.http.api_v3.call import Call
from lemmy_lite.http.api_v3.wire.person import GetPersonDetails, GetPersonDetailsResponse
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def get_person_details(call: Call, form: GetPersonDetails) -> GetPersonDetailsResponse:
    """One person and what they wrote; somebody who is not known here is fetched for a logged-in user."""
    person_id = await call.database.read(_find, call.context, call.viewer, form)
    if person_id is None and call.viewer is not None and form.username and "@" in form.username:
        fetched = await call.federation.resolve(f"@{form.username.removeprefix('@')}")
        person_id = fetched.id if isinstance(fetched, Person) else None
    if person_id is None:
        raise LemmyError("couldnt_find_person", missing=True)
    query = ProfileQuery(
        person_id=person_id,
        sort=form.sort,
        page=form.page,
        limit=form.limit,
        community_id=form.community_id,
        saved_only=bool(form.saved_only),
    )
    found = await call.database.read(people.profile, call.context, call.viewer, query)
    return GetPersonDetailsResponse(
        person_view=found.person_view, site=found.site, comments=found.comments, posts=found.posts, moderates=found.moderates
    )


def _find(tx: Transaction, context: Context, viewer: Viewer | None, form: GetPersonDetails) -> PersonId | None:
    settings.require_open_to(tx, viewer)
    if form.person_id is not None:
        return form.person_id
    if form.username is None:
        raise LemmyError("no_id_given")
    found = people.named(tx, context, form.username)
    return found.id if found else None
