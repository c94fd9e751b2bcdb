"""Host-Meta (RFC 6415): where WebFinger lies, for older software (Friendica, GNU social) and for Mastodon where WebFinger fails."""

from html import escape

import msgspec

from lemmy_lite.context import Context
from lemmy_lite.federation import webfinger
from lemmy_lite.federation.document import Document
from lemmy_lite.storage.query import Transaction

_REL = "lrdd"


def xml(_: Transaction, context: Context) -> Document:
    """As XRD."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="{_REL}" type="{webfinger.CONTENT_TYPE}" template="{escape(_template(context))}"/>'
        "</XRD>\n"
    )
    return _document("application/xrd+xml; charset=utf-8", body.encode())


def json(_: Transaction, context: Context) -> Document:
    """The same as JRD."""
    links = [{"rel": _REL, "type": webfinger.CONTENT_TYPE, "template": _template(context)}]
    return _document("application/json", msgspec.json.encode({"links": links}))


def _template(context: Context) -> str:
    return f"{context.config.base_url}/.well-known/webfinger?resource={{uri}}"


def _document(content_type: str, body: bytes) -> Document:
    return Document(status=200, content_type=content_type, body=body, cache_control=webfinger.CACHE_CONTROL, for_scripts=True)
