"""Which function answers which operation of API v3: one line each, in the order of `operations.py`.

Method, address, request, rate limit and role stand there; an operation that is not listed here is not served.
"""

from collections.abc import Mapping

from lemmy_lite.http.api_v3 import comment, community, local_user, lookup, person, post, private_message, purge, search, site
from lemmy_lite.http.api_v3.adapter import Answering

HANDLERS: Mapping[str, Answering] = {
    "getSite": site.get_site,
    "createSite": site.create_site,
    "editSite": site.edit_site,
    "search": search.search,
    "resolveObject": lookup.resolve_object,
    "createCommunity": community.create_community,
    "getCommunity": community.get_community,
    "editCommunity": community.edit_community,
    "listCommunities": community.list_communities,
    "followCommunity": community.follow_community,
    "blockCommunity": community.block_community,
    "deleteCommunity": community.delete_community,
    "createPost": post.create_post,
    "getPost": post.get_post,
    "editPost": post.edit_post,
    "deletePost": post.delete_post,
    "removePost": post.remove_post,
    "markPostAsRead": post.mark_post_as_read,
    "hidePost": post.hide_post,
    "lockPost": post.lock_post,
    "featurePost": post.feature_post,
    "getPosts": post.get_posts,
    "likePost": post.like_post,
    "listPostLikes": post.list_post_likes,
    "savePost": post.save_post,
    "createComment": comment.create_comment,
    "getComment": comment.get_comment,
    "editComment": comment.edit_comment,
    "deleteComment": comment.delete_comment,
    "removeComment": comment.remove_comment,
    "distinguishComment": comment.distinguish_comment,
    "likeComment": comment.like_comment,
    "listCommentLikes": comment.list_comment_likes,
    "saveComment": comment.save_comment,
    "getComments": comment.get_comments,
    "getPrivateMessages": private_message.get_private_messages,
    "createPrivateMessage": private_message.create_private_message,
    "editPrivateMessage": private_message.edit_private_message,
    "deletePrivateMessage": private_message.delete_private_message,
    "markPrivateMessageAsRead": private_message.mark_private_message_as_read,
    "register": local_user.register,
    "login": local_user.login,
    "getPersonDetails": person.get_person_details,
    "logout": local_user.logout,
    "saveUserSettings": local_user.save_user_settings,
    "getUnreadCount": local_user.get_unread_count,
    "listLogins": local_user.list_logins,
    "validateAuth": local_user.validate_auth,
    "purgePerson": purge.purge_person,
    "purgeCommunity": purge.purge_community,
    "purgePost": purge.purge_post,
    "purgeComment": purge.purge_comment,
}
