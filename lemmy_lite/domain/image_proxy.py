"""Pictures of other servers, shown through this one: their addresses exchanged for our proxy's, and back.

Stored texts keep the true addresses; what the API and the pages show is exchanged as it goes out, so the mode can be changed at any time,
and peers never get our proxy's addresses. Each address is signed: a picture is fetched only where we named it ourselves, or a row does,
so nobody can use the proxy to reach what they like (security.md, "proxy as open relay").
"""

import hashlib
import hmac
import html
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, quote

import msgspec

from lemmy_lite.context import Context
from lemmy_lite.model import web_address
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.image import ImageDetails, PictrsImageMode
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.model.site import Site
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import image
from lemmy_lite.text import image_links

T = TypeVar("T")

PATH: Final = "/api/v3/image_proxy"

LINKS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    Post: ("thumbnail_url",),
    ImageDetails: ("link",),
    Person: ("avatar", "banner"),
    Community: ("icon", "banner"),
    Site: ("icon", "banner"),
}
TEXTS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    Post: ("body",),
    Comment: ("content",),
    PrivateMessage: ("content",),
    Person: ("bio",),
    Community: ("description",),
    Site: ("sidebar",),
}
"""Which fields of what the API shows hold addresses of pictures, and which hold markdown."""

_MEDIA: Final = re.compile(r'<(?P<tag>img|video|audio) src="(?P<url>[^"]*)"(?: alt="(?P<alt>[^"]*)")?(?P<rest>[^>]*)>')


def mode(context: Context) -> PictrsImageMode:
    """What is done with pictures of other servers. The older key `cache_external_link_previews` is stronger, as in Lemmy."""
    options = context.config.pictrs
    if options is None or context.images is None:
        return PictrsImageMode.NONE
    if options.cache_external_link_previews is not None:
        return PictrsImageMode.STORE_LINK_PREVIEWS if options.cache_external_link_previews else PictrsImageMode.NONE
    return PictrsImageMode(options.image_mode)


def rewrites(context: Context) -> bool:
    """Whether the API shows addresses of the proxy."""
    return mode(context) is PictrsImageMode.PROXY_ALL_IMAGES


def is_foreign(context: Context, url: str) -> bool:
    """Whether a picture lies elsewhere on the web."""
    return url.startswith(("https://", "http://")) and not context.config.local(url)


def address(context: Context, url: str) -> str:
    """The proxy's address of a foreign picture; of anything else its own."""
    return context.config.base_url + path(context, url) if is_foreign(context, url) else url


def path(context: Context, url: str) -> str:
    """The same for our own pages, which load it under whatever name they were asked for."""
    return f"{PATH}?url={quote(url, safe='')}&signature={_signature(context, url)}"


def original(context: Context, url: str) -> str:
    """The true address behind one of the proxy's, for what clients send back after editing; of anything else its own."""
    if PATH not in url or not context.config.local(url):
        return url
    parts = web_address.parts(url)
    found = parse_qs(parts.query).get("url", [])
    return found[0] if parts.path == PATH and len(found) == 1 else url


def originals_in(context: Context, text: str) -> str:
    """A text with the true addresses of its pictures."""
    return image_links.rewrite_images(text, lambda url: original(context, url)) if PATH in text else text


def is_known(tx: Transaction, context: Context, url: str, signature: str | None) -> bool:
    """Whether the proxy may fetch this: an address that we gave out ourselves, or that a row names."""
    if signature is not None and hmac.compare_digest(signature.encode(), _signature(context, url).encode()):
        return True
    return image.is_remote(tx, url)


def bypasses(context: Context, url: str) -> bool:
    """Whether readers are sent to the picture's own server, as `pictrs.proxy_bypass_domains` says."""
    options = context.config.pictrs
    host = web_address.host(url)
    return options is not None and host in (each.lower() for each in options.proxy_bypass_domains)


def shown(context: Context, value: T) -> T:
    """What the API is about to show, with every picture through the proxy. Structs without pictures are answered as they are."""
    if isinstance(value, list):
        changed = [shown(context, each) for each in value]
        return changed if any(new is not old for new, old in zip(changed, value, strict=True)) else value  # type: ignore[return-value]
    if not isinstance(value, msgspec.Struct):
        return value
    changes: dict[str, Any] = {}
    for name in value.__struct_fields__:
        old = getattr(value, name)
        new = _field(context, value, name, old)
        if new is not old:
            changes[name] = new
    return msgspec.structs.replace(value, **changes) if changes else value


def _field(context: Context, of: object, name: str, value: Any) -> Any:
    if isinstance(value, str):
        kind = type(of)
        if name in LINKS.get(kind, ()) or (isinstance(of, Post) and name == "url" and (of.url_content_type or "").startswith("image/")):
            return address(context, value)
        if name in TEXTS.get(kind, ()):
            return image_links.rewrite_images(value, lambda url: address(context, url))
        return value
    return shown(context, value) if isinstance(value, list | msgspec.Struct) else value


def on_page(context: Context, url: str | None) -> str | None:
    """Where one of our pages loads a picture from: always here, as its policy allows nothing else; None shows a tile instead.

    Foreign pictures come through the proxy unless the mode is None, or their server wants to be asked by readers themselves.
    """
    if not url:
        return None
    if context.config.local(url):
        return url.removeprefix(context.config.base_url) or "/"
    if url.startswith("/") and not url.startswith("//"):
        return url
    if mode(context) is PictrsImageMode.NONE or not is_foreign(context, url) or bypasses(context, url):
        return None
    return path(context, url)


def in_page(context: Context, rendered: str) -> str:
    """A text that `text.markdown` rendered, with its pictures from here; those that may not be loaded show their description."""
    if ' src="' not in rendered:
        return rendered
    return _MEDIA.sub(lambda found: _tag(context, found), rendered)


def _tag(context: Context, found: re.Match[str]) -> str:
    # The proxy has pictures only: sounds and films of other servers are not fetched for readers.
    url = html.unescape(found["url"])
    source = on_page(context, url) if found["tag"] == "img" or not is_foreign(context, url) else None
    if source is not None:
        alt = f' alt="{found["alt"]}"' if found["alt"] is not None else ""
        return f'<{found["tag"]} src="{html.escape(source)}"{alt}{found["rest"]}>'
    return found["alt"] or "" if found["tag"] == "img" else f"<{found['tag']}{found['rest']}>"


def _signature(context: Context, url: str) -> str:
    key = hashlib.sha256(b"image proxy " + context.jwt_secret.encode()).digest()
    return hmac.new(key, url.encode(errors="replace"), hashlib.sha256).hexdigest()[:32]
