"""What can go wrong, as Lemmy names it: one table of stable codes and the sentence a person reads.

The codes are those of API v3 (contract, `error_codes`); apps switch on them, so none may be renamed or invented. Status numbers are
the business of `http/errors.py` alone.
"""

from enum import Enum
from typing import NamedTuple


class Message(Enum):
    """Whether the API sends a `message` beside the code."""

    NEVER = "never"
    ALWAYS = "always"
    OR_NULL = "or null"


class ErrorKind(NamedTuple):
    """One line of the table: an English sentence safe to show to anybody, and whether a public message follows the code."""

    sentence: str
    message: Message = Message.NEVER


class LemmyError(Exception):
    """A refusal with a stable code.

    `message` is public and allowed only where the table says so; `cause` is private and goes to the log alone. `missing` tells that
    the row looked up by name (or the row to change) does not exist, which some codes answer with another status.

    Raises ValueError when the code is unknown or takes no message: that is a mistake of ours, never of the visitor.
    """

    def __init__(self, code: str, message: str | None = None, *, cause: object = None, missing: bool = False) -> None:
        kind = ERRORS.get(code)
        if kind is None:
            raise ValueError(f"{code!r} is not an error code of API v3")
        if message is not None and kind.message is Message.NEVER:
            raise ValueError(f"{code!r} is sent without a message; give the detail as cause")
        if message is None and kind.message is Message.ALWAYS:
            message = kind.sentence
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.cause = cause
        self.missing = missing

    @property
    def sentence(self) -> str:
        """What to tell a person: the public message where there is one, else the sentence of the table."""
        return self.message or ERRORS[self.code].sentence

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


ERRORS: dict[str, ErrorKind] = {
    "report_reason_required": ErrorKind("Please say why you are reporting this."),
    "report_too_long": ErrorKind("The reason for the report is too long."),
    "not_a_moderator": ErrorKind("Only moderators may do this."),
    "not_an_admin": ErrorKind("Only administrators may do this."),
    "cant_block_yourself": ErrorKind("You cannot block yourself."),
    "cant_block_admin": ErrorKind("Administrators cannot be blocked."),
    "couldnt_update_user": ErrorKind("The account could not be changed."),
    "passwords_do_not_match": ErrorKind("The two passwords are not the same."),
    "email_not_verified": ErrorKind("Please confirm your e-mail address first: open the link we have sent you."),
    "email_required": ErrorKind("An e-mail address is required."),
    "couldnt_update_comment": ErrorKind("The comment could not be changed."),
    "couldnt_update_private_message": ErrorKind("The private message could not be changed."),
    "cannot_leave_admin": ErrorKind("You are the only administrator, so you cannot step down."),
    "no_lines_in_html": ErrorKind("The linked page is empty."),
    "site_metadata_page_is_not_doctype_html": ErrorKind("The linked page is not a web page."),
    "pictrs_response_error": ErrorKind("The image could not be processed.", Message.ALWAYS),
    "pictrs_purge_response_error": ErrorKind("The image could not be removed.", Message.ALWAYS),
    "pictrs_caching_disabled": ErrorKind("Keeping copies of remote images is switched off."),
    "image_url_missing_path_segments": ErrorKind("The address of the image has no path."),
    "image_url_missing_last_path_segment": ErrorKind("The address of the image has no file name."),
    "pictrs_api_key_not_provided": ErrorKind("Images cannot be removed: no key is configured for it."),
    "no_content_type_header": ErrorKind("The server of the image does not say what kind of file it is."),
    "not_an_image_type": ErrorKind("This file is not an image."),
    "not_a_mod_or_admin": ErrorKind("Only moderators and administrators may do this."),
    "no_admins": ErrorKind("This site has no administrator."),
    "not_top_admin": ErrorKind("Only the first administrator may do this."),
    "not_top_mod": ErrorKind("Only the first moderator of the community may do this."),
    "not_logged_in": ErrorKind("You are not logged in."),
    "not_higher_mod": ErrorKind("You may act only on moderators who were appointed after you."),
    "not_higher_admin": ErrorKind("You may act only on administrators who were appointed after you."),
    "site_ban": ErrorKind("This account is banned from the site."),
    "deleted": ErrorKind("This has been deleted."),
    "banned_from_community": ErrorKind("You are banned from this community."),
    "couldnt_find_community": ErrorKind("There is no such community."),
    "couldnt_find_person": ErrorKind("There is no such person."),
    "couldnt_find_comment": ErrorKind("There is no such comment."),
    "couldnt_find_comment_report": ErrorKind("There is no such report of a comment."),
    "couldnt_find_post_report": ErrorKind("There is no such report of a post."),
    "couldnt_find_private_message_report": ErrorKind("There is no such report of a private message."),
    "couldnt_find_local_user": ErrorKind("There is no such account on this site."),
    "couldnt_find_person_mention": ErrorKind("There is no such mention."),
    "couldnt_find_registration_application": ErrorKind("There is no such application."),
    "couldnt_find_comment_reply": ErrorKind("There is no such reply."),
    "couldnt_find_private_message": ErrorKind("There is no such private message."),
    "couldnt_find_activity": ErrorKind("There is no such activity."),
    "person_is_blocked": ErrorKind("One of you has blocked the other."),
    "community_is_blocked": ErrorKind("You have blocked this community."),
    "instance_is_blocked": ErrorKind("This instance is blocked."),
    "downvotes_are_disabled": ErrorKind("Downvotes are switched off on this site."),
    "instance_is_private": ErrorKind("This site is private: please log in."),
    "invalid_password": ErrorKind("A password has 10 to 60 characters."),
    "site_description_length_overflow": ErrorKind("The description of the site is too long."),
    "honeypot_failed": ErrorKind("A field that should stay empty was filled in."),
    "registration_application_is_pending": ErrorKind("Your application is still waiting for an administrator."),
    "locked": ErrorKind("This post is locked: no new comments are accepted."),
    "couldnt_create_comment": ErrorKind("The comment could not be saved."),
    "max_comment_depth_reached": ErrorKind("This thread is too deep for another reply."),
    "no_comment_edit_allowed": ErrorKind("Only the author may edit this comment."),
    "only_admins_can_create_communities": ErrorKind("Only administrators may create communities on this site."),
    "community_already_exists": ErrorKind("A community of this name exists already."),
    "language_not_allowed": ErrorKind("This language is not used in the community."),
    "only_mods_can_post_in_community": ErrorKind("Only moderators may post in this community."),
    "couldnt_update_post": ErrorKind("The post could not be changed."),
    "no_post_edit_allowed": ErrorKind("Only the author may edit this post."),
    "couldnt_find_post": ErrorKind("There is no such post."),
    "edit_private_message_not_allowed": ErrorKind("Only the author may change this private message."),
    "site_already_exists": ErrorKind("The site is set up already."),
    "application_question_required": ErrorKind("Registration by application needs a question."),
    "invalid_default_post_listing_type": ErrorKind("The default listing must be All or Local."),
    "registration_closed": ErrorKind("Registration is closed."),
    "registration_application_answer_required": ErrorKind("Please answer the question of the application."),
    "email_already_exists": ErrorKind("This e-mail address is in use already."),
    "federation_forbidden_by_strict_allow_list": ErrorKind("This site does not exchange content with that instance."),
    "person_is_banned_from_community": ErrorKind("This person is banned from the community."),
    "object_is_not_public": ErrorKind("This is not public."),
    "invalid_community": ErrorKind("This does not belong to a community that can be used here."),
    "cannot_create_post_or_comment_in_deleted_or_removed_community": ErrorKind("This community has been deleted or removed."),
    "cannot_receive_page": ErrorKind("This post cannot be received."),
    "new_post_cannot_be_locked": ErrorKind("A new post cannot be locked."),
    "only_local_admin_can_remove_community": ErrorKind("Only an administrator of its own instance may remove this community."),
    "only_local_admin_can_restore_community": ErrorKind("Only an administrator of its own instance may restore this community."),
    "no_id_given": ErrorKind("Please say which one is meant: neither id nor name was given."),
    "incorrect_login": ErrorKind("The login is not right."),
    "invalid_query": ErrorKind("This cannot be looked up."),
    "object_not_local": ErrorKind("This belongs to another instance."),
    "post_is_locked": ErrorKind("This post is locked."),
    "person_is_banned_from_site": ErrorKind("This person is banned from the site.", Message.ALWAYS),
    "invalid_vote_value": ErrorKind("A vote is up, down or none."),
    "page_does_not_specify_creator": ErrorKind("The post does not name its author."),
    "no_email_setup": ErrorKind("This site cannot send e-mail."),
    "local_site_not_setup": ErrorKind("This site is not set up yet."),
    "email_smtp_server_needs_a_port": ErrorKind("The mail server in the configuration needs a port."),
    "missing_an_email": ErrorKind("The account has no e-mail address."),
    "rate_limit_error": ErrorKind("Too many requests: please wait a little."),
    "invalid_name": ErrorKind("A name has at least three letters of one alphabet, digits or underscores, and must not be too long."),
    "invalid_display_name": ErrorKind("A display name has three visible characters or more, no @ in front, and must not be too long."),
    "invalid_matrix_id": ErrorKind("A Matrix id looks like @name:server.example."),
    "invalid_post_title": ErrorKind("A title is one line of 3 to 200 characters."),
    "invalid_body_field": ErrorKind("The text is too long."),
    "bio_length_overflow": ErrorKind("The biography is too long."),
    "alt_text_length_overflow": ErrorKind("The description of the image is too long."),
    "missing_totp_token": ErrorKind("Please enter the code of your authenticator app."),
    "missing_totp_secret": ErrorKind("Two-factor login has not been prepared yet."),
    "incorrect_totp_token": ErrorKind("The code of the authenticator app is not right."),
    "couldnt_parse_totp_secret": ErrorKind("The stored secret for two-factor login cannot be read."),
    "couldnt_generate_totp": ErrorKind("Two-factor login could not be prepared."),
    "totp_already_enabled": ErrorKind("Two-factor login is on already."),
    "couldnt_like_comment": ErrorKind("The vote on the comment could not be saved."),
    "couldnt_save_comment": ErrorKind("The comment could not be kept among your saved ones."),
    "couldnt_create_report": ErrorKind("The report could not be saved."),
    "couldnt_resolve_report": ErrorKind("The report could not be resolved."),
    "community_moderator_already_exists": ErrorKind("This person is a moderator of the community already, or is none."),
    "community_user_already_banned": ErrorKind("This person is banned from the community already, or is not."),
    "community_block_already_exists": ErrorKind("The community is blocked already, or is not."),
    "community_follower_already_exists": ErrorKind("You follow this community already, or do not."),
    "couldnt_update_community_hidden_status": ErrorKind("Hiding or showing the community did not work."),
    "person_block_already_exists": ErrorKind("This person is blocked already, or is not."),
    "user_already_exists": ErrorKind("This name is taken."),
    "token_not_found": ErrorKind("This link has expired or was used already."),
    "couldnt_like_post": ErrorKind("The vote on the post could not be saved."),
    "couldnt_save_post": ErrorKind("The post could not be kept among your saved ones."),
    "couldnt_mark_post_as_read": ErrorKind("The post could not be marked as read."),
    "couldnt_hide_post": ErrorKind("The post could not be hidden."),
    "couldnt_update_community": ErrorKind("The community could not be changed."),
    "couldnt_update_replies": ErrorKind("The replies could not be changed."),
    "couldnt_update_person_mentions": ErrorKind("The mentions could not be changed."),
    "post_title_too_long": ErrorKind("The title is too long."),
    "couldnt_create_post": ErrorKind("The post could not be saved."),
    "couldnt_create_private_message": ErrorKind("The private message could not be saved."),
    "couldnt_update_private": ErrorKind("The private message could not be changed."),
    "system_err_login": ErrorKind("Logging in failed through a fault of ours."),
    "couldnt_set_all_registrations_accepted": ErrorKind("The waiting accounts could not all be accepted."),
    "couldnt_set_all_email_verified": ErrorKind("The e-mail addresses could not all be marked as confirmed."),
    "banned": ErrorKind("You are banned."),
    "blocked_url": ErrorKind("Links to this address are blocked here."),
    "couldnt_get_comments": ErrorKind("The comments could not be listed."),
    "couldnt_get_posts": ErrorKind("The posts could not be listed."),
    "invalid_url": ErrorKind("This is not a valid address."),
    "email_send_failed": ErrorKind("The e-mail could not be sent."),
    "slurs": ErrorKind("The text contains a word that is not allowed here."),
    "couldnt_find_object": ErrorKind("Nothing was found under this address."),
    "registration_denied": ErrorKind("Your application was refused.", Message.OR_NULL),
    "federation_disabled": ErrorKind("This site does not exchange content with others."),
    "domain_blocked": ErrorKind("This site has blocked that instance.", Message.ALWAYS),
    "domain_not_in_allow_list": ErrorKind("That instance is not among those allowed here.", Message.ALWAYS),
    "federation_disabled_by_strict_allow_list": ErrorKind("This site exchanges content with a few chosen instances only."),
    "site_name_required": ErrorKind("The site needs a name."),
    "site_name_length_overflow": ErrorKind("The name of the site is too long."),
    "permissive_regex": ErrorKind("This pattern matches everything."),
    "invalid_regex": ErrorKind("This pattern is not a valid regular expression."),
    "captcha_incorrect": ErrorKind("The captcha was not solved correctly or has expired."),
    "couldnt_create_audio_captcha": ErrorKind("The spoken captcha could not be made."),
    "invalid_url_scheme": ErrorKind("Only addresses with http, https or magnet are accepted."),
    "couldnt_send_webmention": ErrorKind("The linked page could not be told of this post."),
    "contradicting_filters": ErrorKind("These filters exclude each other."),
    "instance_block_already_exists": ErrorKind("The instance is blocked already, or is not."),
    "too_many_items": ErrorKind("These are too many items for one request."),
    "community_has_no_followers": ErrorKind("Nobody here follows this community."),
    "ban_expiration_in_past": ErrorKind("The ban would end in the past."),
    "invalid_unix_time": ErrorKind("This is not a valid time."),
    "invalid_bot_action": ErrorKind("Bot accounts may not do this."),
    "cant_block_local_instance": ErrorKind("You cannot block the instance you are on."),
    "url_without_domain": ErrorKind("This address names no server."),
    "inbox_timeout": ErrorKind("Handling the received activity took too long."),
    "unknown": ErrorKind("Something went wrong.", Message.ALWAYS),
    "cant_delete_site": ErrorKind("The site cannot be deleted."),
    "url_length_overflow": ErrorKind("The address is too long."),
}
