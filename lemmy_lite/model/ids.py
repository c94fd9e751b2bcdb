"""Row ids, one type per noun, so that a post's id is never passed where a comment's is meant."""

from typing import NewType

PersonId = NewType("PersonId", int)
LocalUserId = NewType("LocalUserId", int)
CommunityId = NewType("CommunityId", int)
PostId = NewType("PostId", int)
CommentId = NewType("CommentId", int)
InstanceId = NewType("InstanceId", int)
SiteId = NewType("SiteId", int)
LocalSiteId = NewType("LocalSiteId", int)
LanguageId = NewType("LanguageId", int)
PrivateMessageId = NewType("PrivateMessageId", int)
CommentReplyId = NewType("CommentReplyId", int)
PersonMentionId = NewType("PersonMentionId", int)
PostReportId = NewType("PostReportId", int)
CommentReportId = NewType("CommentReportId", int)
PrivateMessageReportId = NewType("PrivateMessageReportId", int)
RegistrationApplicationId = NewType("RegistrationApplicationId", int)
CustomEmojiId = NewType("CustomEmojiId", int)
ActivityId = NewType("ActivityId", int)
