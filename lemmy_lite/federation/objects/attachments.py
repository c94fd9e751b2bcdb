"""What hangs on a received object beside its text: links, pictures, films."""

from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.model.struct import Struct

KINDS = frozenset({"Link", "Image", "Document", "Video", "Audio"})
"""Others (PropertyValue of Mobilizon, Hashtag) are no attachments that one could show."""
MOST = 10


class Attached(Struct, kw_only=True):
    """One of them. `alt_text` describes a picture."""

    kind: str
    url: str
    media_type: str = ""
    alt_text: str | None = None

    @property
    def is_shown(self) -> bool:
        """Whether it can be shown in the place of a picture. Mastodon gives the media type, lotide and Mbin the type Image."""
        return self.kind == "Image" or self.media_type.startswith(("image/", "video/"))


def listed(wire: objects.Written) -> list[Attached]:
    """The attachments that have an address, in their order."""
    given = wire.attachment if isinstance(wire.attachment, list) else [wire.attachment]
    found = (_read(each) for each in given[:MOST] if isinstance(each, dict))
    return [each for each in found if each is not None]


def appended(text: str, attached: list[Attached]) -> str:
    """A markdown text with attachments below it, as Lemmy adds them to comments: pictures shown, the rest linked."""
    return "\n\n".join([text, *(_markdown(each) for each in attached if _is_plain(each.url))]).strip()


def _read(value: dict[str, object]) -> Attached | None:
    kind, url = values.kind(value), values.link(value)
    if kind not in KINDS or url is None:
        return None
    media_type = values.text(value.get("mediaType")) or ""
    return Attached(kind=kind, url=url, media_type=media_type, alt_text=values.text(value.get("name") or value.get("summary")))


def _markdown(each: Attached) -> str:
    if not each.is_shown:
        return f"<{each.url}>"
    described = " ".join((each.alt_text or "").split())
    for mark in "\\[]":
        described = described.replace(mark, f"\\{mark}")
    return f"![{described}]({each.url})"


def _is_plain(url: str) -> bool:
    return url.startswith(("https://", "http://")) and not any(mark in url for mark in " ()<>\\\n\r\t")
