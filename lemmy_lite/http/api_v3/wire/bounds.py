"""Numbers as they may arrive: each bounded to what Lemmy's database holds, so that a huge one is a refusal and never a fault.

The ids have the names of `model.ids` and are the same types to the type checker; only reading them from a request checks the bounds.
"""

from typing import Annotated

from msgspec import Meta

from lemmy_lite.model import ids

_INT32 = Meta(ge=-(2**31), le=2**31 - 1)

Int16 = Annotated[int, Meta(ge=-(2**15), le=2**15 - 1)]
Int32 = Annotated[int, _INT32]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

CommentId = Annotated[ids.CommentId, _INT32]
CommentReplyId = Annotated[ids.CommentReplyId, _INT32]
CommentReportId = Annotated[ids.CommentReportId, _INT32]
CommunityId = Annotated[ids.CommunityId, _INT32]
CustomEmojiId = Annotated[ids.CustomEmojiId, _INT32]
InstanceId = Annotated[ids.InstanceId, _INT32]
LanguageId = Annotated[ids.LanguageId, _INT32]
LocalUserId = Annotated[ids.LocalUserId, _INT32]
PersonId = Annotated[ids.PersonId, _INT32]
PersonMentionId = Annotated[ids.PersonMentionId, _INT32]
PostId = Annotated[ids.PostId, _INT32]
PostReportId = Annotated[ids.PostReportId, _INT32]
PrivateMessageId = Annotated[ids.PrivateMessageId, _INT32]
PrivateMessageReportId = Annotated[ids.PrivateMessageReportId, _INT32]
RegistrationApplicationId = Annotated[ids.RegistrationApplicationId, _INT32]
