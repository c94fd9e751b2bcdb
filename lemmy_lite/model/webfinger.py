"""WebFinger (RFC 7033): from `name@host` to the ActivityPub id of a person, community or site."""

from lemmy_lite.model.struct import Struct


class WebfingerLink(Struct, kw_only=True):
    """One relation of the subject; what does not apply is null, not absent."""

    rel: str | None
    type: str | None
    href: str | None
    template: str | None
    properties: dict[str, str] | None = None


class Webfinger(Struct, kw_only=True):
    """The answer about `subject`, an `acct:` address. A person and a community of one name share it, each with a link of its own."""

    subject: str
    links: list[WebfingerLink]
    aliases: list[str] | None = None
    properties: dict[str, str] | None = None
