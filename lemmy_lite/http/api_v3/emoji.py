"""Operations on custom emojis."""

from lemmy_lite.domain import emoji as emojis
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.http.api_v3.wire.emoji import CreateCustomEmoji, CustomEmojiResponse, DeleteCustomEmoji, EditCustomEmoji
from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.model.emoji import EmojiForm


async def create_custom_emoji(call: UserCall, form: CreateCustomEmoji) -> CustomEmojiResponse:
    """Make an emoji."""
    view = await call.database.write(emojis.create, call.viewer.person, form.shortcode, form_of(EmojiForm, form))
    return CustomEmojiResponse(custom_emoji=view)


async def edit_custom_emoji(call: UserCall, form: EditCustomEmoji) -> CustomEmojiResponse:
    """Change an emoji."""
    view = await call.database.write(emojis.edit, call.viewer.person, form.id, form_of(EmojiForm, form))
    return CustomEmojiResponse(custom_emoji=view)


async def delete_custom_emoji(call: UserCall, form: DeleteCustomEmoji) -> SuccessResponse:
    """Delete an emoji."""
    await call.database.write(emojis.delete, call.viewer.person, form.id)
    return SuccessResponse(success=True)
