"""The images in a markdown text, and their addresses exchanged for others, such as our image proxy's.

The tree does not say where in the text an image stood, so the text is searched for what the tree holds. If the search misses one
(code, quotes and lists can hide an image from it), a second one exchanges the address wherever it is a link's destination:
better a link too many through the proxy than a reader's address told to a stranger.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from lemmy_lite.text import grammar, sanitise
from lemmy_lite.text.markdown import MOST_CHARACTERS, Token

_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_MARK: Final = re.compile(r"\\[^\n]|`+|!?\[|\]")
_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n")
_DESTINATION: Final = re.compile(r"\([ \t]*\n?[ \t]*(?:<(?P<angled>(?:[^<>\\\n]|\\[^\n])*+)>|(?P<bare>(?=[^\s<])))")
_DEFINITION: Final = re.compile(
    r"^[ >*+0-9.\t-]{0,80}\[(?P<label>(?:[^\\\[\]]|\\.){1,999}+)\]:[ \t]*\n?[ \t]*(?:<(?P<angled>[^<>\n]*+)>|(?P<bare>[^\s<]\S*+))",
    re.MULTILINE,
)
_UNSAFE: Final = {ord(character): f"%{ord(character):02X}" for character in " \t\n<>()\\\"'"}


class _Place(NamedTuple):
    """Where a destination stands in the text, angle brackets excluded."""

    start: int
    end: int


def image_urls(source: str) -> list[str]:
    """The addresses of all images that a page showing this text would load, once each, in order."""
    return list(dict.fromkeys(token["attrs"]["url"] for token in _images_of(source)))


def rewrite_images(source: str, new_url: Callable[[str], str]) -> str:
    """The text with every image's address exchanged for `new_url(address)`, and everything else as written.

    Called once per distinct address; answering the same address leaves the text alone there.
    """
    images = _images_of(source)
    exchanged = {url: new_url(url) for url in dict.fromkeys(token["attrs"]["url"] for token in images)}
    if all(old == new for old, new in exchanged.items()):
        return source
    labels = {token["ref"] for token in images if "ref" in token}
    careful = _replace(source, [*_image_places(source), *_definitions(source, labels)], exchanged)
    wanted = {grammar.destination(new.translate(_UNSAFE)) for new in exchanged.values()}
    if set(image_urls(careful)) <= wanted:
        return careful
    return _replace(source, [*_all_places(source), *_definitions(source, None)], exchanged)


def _images_of(source: str) -> list[Token]:
    if "![" not in source or len(source) > MOST_CHARACTERS:
        return []
    return [token for token in _walk(grammar.parse(source)) if sanitise.scheme_of(token["attrs"]["url"]) in sanitise.MEDIA_SCHEMES]


def _walk(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if token["type"] == "image":
            yield token
        yield from _walk(token.get("children", ()))


def _image_places(source: str) -> Iterator[_Place]:
    """Destinations of images outside code."""
    for start, end in _outside_fences(source):
        for chunk in _chunks(source, start, end):
            yield from _places_in(source, *chunk)


def _places_in(source: str, start: int, end: int) -> Iterator[_Place]:
    ticks = _closing_ticks(source, start, end)
    brackets: list[bool] = []
    position = start
    while match := _MARK.search(source, position, end):
        position = match.end()
        mark = match[0]
        if mark[0] == "`":
            position = ticks.get(match.start(), position)
        elif mark == "]":
            is_image = bool(brackets) and brackets.pop()
            if is_image:
                yield from _place(source, position, end)
        elif mark[0] != "\\":
            brackets.append(mark == "![")


def _closing_ticks(source: str, start: int, end: int) -> dict[int, int]:
    """Where each code span that opens at a run of backticks ends: behind the next run of its length."""
    ends: dict[int, int] = {}
    last: dict[int, int] = {}
    for run in reversed(list(re.compile("`+").finditer(source, start, end))):
        size = len(run[0])
        if size in last:
            ends[run.start()] = last[size]
        last[size] = run.end()
    return ends


def _all_places(source: str) -> Iterator[_Place]:
    start = source.find("](")
    while start >= 0:
        yield from _place(source, start + 1, len(source))
        start = source.find("](", start + 2)


def _place(source: str, position: int, limit: int) -> Iterator[_Place]:
    """The destination behind a "]", if one follows.

    A bare one ends at the bracket that closes the link. Brackets inside it are balanced and nest as deep as the parser allows:
    without that bound, "![](" again and again would be searched to its end each time.
    """
    found = _DESTINATION.match(source, position, limit)
    if found is None:
        return
    if found["angled"] is not None:
        yield _Place(*found.span("angled"))
        return
    depth = 0
    end = start = found.end()
    while end < limit and depth <= grammar.MOST_NESTED:
        character = source[end]
        if character in " \t\n" or (character == ")" and depth == 0):
            break
        depth += (character == "(") - (character == ")")
        # A backslash before white space escapes nothing: the destination ends behind it.
        end += 2 if character == "\\" and source[end + 1 : end + 2] not in " \t\n" else 1
    if depth == 0:
        yield _Place(start, min(end, limit))


def _definitions(source: str, labels: set[str] | None) -> Iterator[_Place]:
    """Destinations of the reference definitions with one of these labels, or of all."""
    for found in _DEFINITION.finditer(source):
        if labels is None or grammar.label(found["label"]) in labels:
            yield _Place(*found.span("angled" if found["angled"] is not None else "bare"))


def _outside_fences(source: str) -> Iterator[tuple[int, int]]:
    start, fence = 0, ""
    for line in _FENCE.finditer(source):
        if not fence:
            yield start, line.start()
            fence = line[1]
        elif line[1].startswith(fence) and not line[0].strip().strip(fence[0]):
            start, fence = line.end(), ""
    if not fence:
        yield start, len(source)


def _chunks(source: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches between blank lines: neither a link nor a code span crosses one."""
    for blank in _BLANK_LINE.finditer(source, start, end):
        yield start, blank.start()
        start = blank.end()
    yield start, end


def _replace(source: str, places: Iterable[_Place], exchanged: dict[str, str]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in sorted(set(places)):
        new = exchanged.get(grammar.destination(source[start:end]))
        if new is not None and start >= done:
            parts += [source[done:start], new.translate(_UNSAFE)]
            done = end
    return "".join([*parts, source[done:]])
