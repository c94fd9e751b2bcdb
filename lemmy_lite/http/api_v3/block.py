"""Operations by which people block people and instances for themselves."""

from lemmy_lite.domain import block
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.instance import BlockInstance, BlockInstanceResponse
from lemmy_lite.http.api_v3.wire.person import BlockPerson, BlockPersonResponse


async def block_person(call: UserCall, form: BlockPerson) -> BlockPersonResponse:
    """Block a person, or no longer."""
    view = await call.database.write(block.block_person, call.viewer.person, form.person_id, form.block)
    return BlockPersonResponse(person_view=view, blocked=form.block)


async def block_instance(call: UserCall, form: BlockInstance) -> BlockInstanceResponse:
    """Block an instance, or no longer."""
    await call.database.write(block.block_instance, call.viewer.person, form.instance_id, form.block)
    return BlockInstanceResponse(blocked=form.block)
