"""The operation that looks one thing up by its address, here or where it lives."""

from lemmy_lite.domain import lookup, settings
from lemmy_lite.domain.lookup import LookedUp
from lemmy_lite.http.api_v3.call import Call
from lemmy_lite.http.api_v3.wire.search import ResolveObject, ResolveObjectResponse
from lemmy_lite.model.errors import LemmyError


async def resolve_object(call: Call, form: ResolveObject) -> ResolveObjectResponse:
    """What stands at an address. Only for a logged-in user are other instances asked.

    Whatever goes wrong is `couldnt_find_object`, as in Lemmy: apps know no other code here (its resolve_object.rs).
    """
    await call.database.read(settings.require_open_to, call.viewer)
    try:
        found = await _found(call, form.q)
    except LemmyError as error:
        raise LemmyError("couldnt_find_object", missing=error.missing, cause=error) from error
    return ResolveObjectResponse(comment=found.comment, post=found.post, community=found.community, person=found.person)


async def _found(call: Call, address: str) -> LookedUp:
    federation = call.federation
    stored = await (federation.resolve_locally(address) if call.viewer is None else federation.resolve(address))
    if stored is None:
        raise LemmyError("couldnt_find_object", missing=True)
    return await call.database.read(lookup.view, call.viewer, stored)
