"""Numbers and texts as they may arrive: each bounded to what a database holds, so that a huge one is a refusal and never a fault.

The ids have the names of `model.ids` and are the same types to the type checker; only reading them from a request checks the bounds.
"""

from typing import Annotated

from msgspec import Meta

from lemmy_lite.model import ids

_INT32 = Meta(ge=-(2**31), le=2**31 - 1)

Int16 = Annotated[int, Meta(ge=-(2**15), le=2**15 - 1)]
Int32 = Annotated[int, _INT32]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

# Texts for which Lemmy has no limit, or its database's alone. Those with a limit and a code of their own are measured by the verbs.
ShortText = Annotated[str, Meta(max_length=100)]
Email = Annotated[str, Meta(max_length=254)]  # RFC 5321, section 4.5.3.1.3; a unique index of Postgres takes no text beyond 2.7 kB
LongText = Annotated[str, Meta(max_length=10_000)]
LegalText = Annotated[str, Meta(max_length=50_000)]

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
