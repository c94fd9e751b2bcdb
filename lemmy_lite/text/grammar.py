"""Lemmy's markdown as a tree: CommonMark with the extras of lemmy-ui's formatting help, and no raw HTML.

Added to mistune's CommonMark are tables (GFM), strikethrough, bare links, ^superscript^, ~subscript~, ruby {base|text}, footnotes,
`::: spoiler` containers and names (`@name@host`, `!community@host`, `/u/…`, `/c/…`). What comes out is mistune's list of token
dictionaries, which only `markdown.py` reads. Every pattern uses possessive quantifiers or runs over its text once, so that a hostile
text costs no more than an honest one of its length; containers nest at most `MOST_NESTED` deep.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from mistune import BlockParser, BlockState, InlineParser, InlineState, Markdown
from mistune.helpers import unescape_char
from mistune.plugins.footnotes import footnotes
from mistune.plugins.formatting import strikethrough
from mistune.util import escape_url, unikey

Token = dict[str, Any]

MOST_NESTED: Final = 20
MOST_OPEN: Final = 2 * MOST_NESTED

_NO_RAW_HTML: Final = frozenset({"raw_html", "block_html", "inline_html"})

# --- blocks -----------------------------------------------------------------------------------------------------------

_SPOILER: Final = r"^ {0,3}(?P<spoiler_fence>:{3,})[ \t]*spoiler[ \t]+(?P<spoiler_title>\S[^\n]*)$"
_SPOILER_END: Final = re.compile(r"^ {0,3}(:{3,})[ \t]*(?:\n|$)", re.MULTILINE)

_TABLE: Final = r"^ {0,3}(?=[^\n|]*\|)(?P<table_head>[^\n]*+)\n(?P<table_rule> {0,3}[|:-][ \t|:-]*+)(?:\n|$)"
_TABLE_RULE_CELL: Final = re.compile(r"(:?)-+(:?)")
# GFM ends a table at a blank line or where another block begins.
_TABLE_END: Final = re.compile(r" {0,3}(?:$|>|#{1,6}[ \t]|`{3}|~{3}|:{3}|[-+*][ \t]|\d{1,9}[.)][ \t])| {4}|\t", re.MULTILINE)
_ALIGNMENTS: Final = {("", ""): None, (":", ""): "left", ("", ":"): "right", (":", ":"): "center"}

# --- inline -----------------------------------------------------------------------------------------------------------

_SUPERSCRIPT: Final = r"\^(?P<superscript_text>(?:[^\s^\\]|\\[^\n])++)\^"
_SUBSCRIPT: Final = r"~(?!~)(?P<subscript_text>(?:[^\s~\\]|\\[^\n])++)~(?!~)"
_RUBY: Final = r"\{(?P<ruby_base>[^{}|\n\\]++)\|(?P<ruby_text>[^{}|\n\\]++)\}"
_LINK: Final = r"(?<![A-Za-z0-9])(?:https?://|www\.)[^\s<`|]++"
_LINK_LETTERS: Final = frozenset("hw")
_LINK_TAIL: Final = "?!.,:;*_~'\""
_NAME: Final = (
    r"(?:(?<![\w@!/.])(?P<name_sigil>[@!])|(?<![\w/.:])/(?P<name_path>[ucm])/)"
    r"(?P<name_name>[\w.-]++)@(?P<name_host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?)"
)
_KINDS: Final = {"@": "u", "!": "c", "u": "u", "c": "c", "m": "c"}


_UNENCODABLE: Final = re.compile("[\x00\ud800-\udfff]")


class _State(BlockState):
    """Keeps the lines of a paragraph apart until all are read: mistune appends to one string, which is quadratic."""

    def add_paragraph(self, text: str) -> None:
        last = self.last_token()
        if last and last["type"] == "paragraph":
            last["lines"].append(text)
        else:
            self.tokens.append({"type": "paragraph", "lines": [text]})

    def append_paragraph(self) -> int | None:
        last = self.last_token()
        if not last or last["type"] != "paragraph":
            return None
        end = self.find_line_end()
        last["lines"].append(self.get_text(end))
        return end


class _Blocks(BlockParser):
    state_cls = _State

    def __init__(self) -> None:
        rules = [rule for rule in self.DEFAULT_RULES if rule not in _NO_RAW_HTML]
        super().__init__(list(rules), list(rules), max_nested_level=MOST_NESTED)
        self.rules = list(rules)

    def parse_raw_html(self, m: re.Match[str], state: BlockState) -> int | None:
        """HTML is text. Quotes and lists still ask for it by name, to know where they end."""
        return None

    def parse_block_quote(self, m: re.Match[str], state: BlockState) -> int | None:  # type: ignore[override]  # None: not one
        return self._bounded(super().parse_block_quote, m, state)

    def parse_list(self, m: re.Match[str], state: BlockState) -> int | None:  # type: ignore[override]  # None: not one
        return self._bounded(super().parse_list, m, state)

    def _bounded(self, parse: Callable[[re.Match[str], BlockState], int], m: re.Match[str], state: BlockState) -> int | None:
        """A quote that ends in a list that ends in a quote … is read by recursion in mistune, without being nested.

        Past the bound the line counts as text.
        """
        open_containers = state.env.get("open_containers", 0)
        if open_containers >= MOST_OPEN:
            return None
        state.env["open_containers"] = open_containers + 1
        try:
            return parse(m, state)
        finally:
            state.env["open_containers"] = open_containers

    def parse(self, state: BlockState, rules: list[str] | None = None) -> None:
        super().parse(state, rules)
        for token in state.tokens:
            if "lines" in token:
                token["text"] = "".join(token.pop("lines"))


def _parse_spoiler(block: BlockParser, m: re.Match[str], state: BlockState) -> int:
    """A container that hides its content. One left open ends with the text, as in lemmy-ui, so that nothing shows unasked."""
    start = m.end() + 1
    inner_end = after = len(state.src)
    for line in _SPOILER_END.finditer(state.src, start):
        if len(line[1]) >= len(m["spoiler_fence"]):
            inner_end, after = line.start(), line.end()
            break
    child = state.child_state(state.src[start:inner_end])
    deepest = state.depth() >= block.max_nested_level - 1
    block.parse(child, [rule for rule in block.rules if rule not in _CONTAINERS] if deepest else block.rules)
    state.append_token({"type": "spoiler", "children": child.tokens, "attrs": {"title": m["spoiler_title"].strip()}})
    return max(after, m.end())


def _parse_table(_block: BlockParser, m: re.Match[str], state: BlockState) -> int | None:
    head = _cells(m["table_head"])
    rule = [_TABLE_RULE_CELL.fullmatch(cell) for cell in _cells(m["table_rule"])]
    if len(head) != len(rule):
        return None
    aligns = [_ALIGNMENTS[cell[1], cell[2]] for cell in rule if cell is not None]
    if len(aligns) != len(rule):
        return None
    rows: list[Token] = []
    position = m.end()
    while position < state.cursor_max and not _TABLE_END.match(state.src, position):
        line = state.get_line(position)
        rows.append({"type": "table_row", "children": _row(_cells(line), aligns, head=False)})
        position += len(line)
    children: list[Token] = [{"type": "table_head", "children": _row(head, aligns, head=True)}]
    state.append_token({"type": "table", "children": [*children, {"type": "table_body", "children": rows}]})
    return position


def _row(cells: list[str], aligns: list[str | None], *, head: bool) -> list[Token]:
    """A row's cells, those beyond the header's left out. Missing ones are not filled in: that would square a hostile table."""
    return [
        {"type": "table_cell", "text": cell, "attrs": {"align": align, "head": head}} for cell, align in zip(cells, aligns, strict=False)
    ]


def _cells(line: str) -> list[str]:
    """The cells between the pipes of one line; "\\|" is a pipe inside a cell, also within code."""
    line = line.strip()
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.replace("\x00", "|").strip() for cell in line.replace("\\|", "\x00").split("|")]


def _parse_script(kind: str) -> Any:
    def parse(inline: InlineParser, m: re.Match[str], state: InlineState) -> int | None:
        if state.depth >= inline.max_nested_level:
            return None
        child = state.copy()
        child.src = m[f"{kind}_text"].replace("\\ ", " ")
        state.append_token({"type": kind, "children": inline.render(child)})
        return m.end()

    return parse


def _parse_ruby(_inline: InlineParser, m: re.Match[str], state: InlineState) -> int:
    state.append_token({"type": "ruby", "raw": m["ruby_base"], "attrs": {"text": m["ruby_text"]}})
    return m.end()


def _parse_link(inline: InlineParser, m: re.Match[str], state: InlineState) -> int:
    """A bare link, without the sentence's punctuation or an unmatched closing bracket at its end (GFM, "Autolinks")."""
    text = m[0]
    if state.brackets:
        text = text.partition("]")[0]
    surplus = text.count(")") - text.count("(")
    end = len(text)
    while end and (text[end - 1] in _LINK_TAIL or (text[end - 1] == ")" and surplus > 0)):
        surplus -= text[end - 1] == ")"
        end -= 1
    text = text[:end]
    if text.endswith(("://", "www")):
        inline.process_text(text, state)
        return m.start() + end
    _append_automatic(inline, state, text, {"type": "link", "attrs": {"url": text if "://" in text[:9] else f"http://{text}"}})
    return m.start() + end


def _parse_name(inline: InlineParser, m: re.Match[str], state: InlineState) -> int:
    kind = _KINDS[m["name_sigil"] or m["name_path"]]
    _append_automatic(inline, state, m[0], {"type": "name", "attrs": {"kind": kind, "name": m["name_name"], "host": m["name_host"]}})
    return m.end()


def _append_automatic(inline: InlineParser, state: InlineState, text: str, token: Token) -> None:
    """A link that nobody asked for. Inside an explicit link mistune turns it back into the text under "_autolink"."""
    if state.in_link or state.depth >= inline.max_nested_level:
        inline.process_text(text, state)
    else:
        state.append_token({**token, "children": [{"type": "text", "raw": text}], "_autolink": text})


# mistune's lists end at a line that begins a "fenced_directive"; our container goes by that name to end them too.
_SPOILER_RULE: Final = "fenced_directive"
_CONTAINERS: Final = frozenset({"block_quote", "list", _SPOILER_RULE})


class _Inline(InlineParser):
    """mistune stops at each character with which a rule may begin. Bare links begin with letters: it would stop at every h and w."""

    def _get_fast_trigger_re(self, chars: set[str]) -> re.Pattern[str]:
        if self._fast_trigger_re is None:
            signs = re.escape("".join(sorted(chars - _LINK_LETTERS)))
            self._fast_trigger_re = re.compile(rf"[{signs}]|h(?=ttps?://)|w(?=ww\.)")
        return self._fast_trigger_re


def _parser() -> Markdown:
    inline = _Inline(max_nested_level=MOST_NESTED)
    inline.rules = [rule for rule in inline.rules if rule not in _NO_RAW_HTML]
    md = Markdown(renderer=None, block=_Blocks(), inline=inline, plugins=[strikethrough, footnotes])
    md.block.register(_SPOILER_RULE, _SPOILER, _parse_spoiler, before="atx_heading")
    md.block.register("table", _TABLE, _parse_table)
    for rules in (md.block.block_quote_rules, md.block.list_rules):
        rules[:] = [*rules[:2], _SPOILER_RULE, *rules[2:], "table"]
    inline.register("superscript", _SUPERSCRIPT, _parse_script("superscript"), before="linebreak", start_chars="^")
    inline.register("subscript", _SUBSCRIPT, _parse_script("subscript"), before="linebreak", start_chars="~")
    inline.register("ruby", _RUBY, _parse_ruby, before="linebreak", start_chars="{")
    inline.register("name", _NAME, _parse_name, before="link", start_chars=["@", "!", "/"])
    inline.register("url_link", _LINK, _parse_link, before="linebreak", start_chars=sorted(_LINK_LETTERS))
    return md


_PARSER: Final = _parser()


def encodable(source: str) -> str:
    """The text without what no UTF-8 page can hold: NUL (CommonMark, "Insecure characters") and half a surrogate pair."""
    return _UNENCODABLE.sub("\ufffd", source)


def parse(source: str) -> Iterable[Token]:
    """The tree of a markdown text, as a list of block tokens."""
    source = encodable(source)
    try:
        tokens = _PARSER(source)
    except RecursionError:
        # The bounds above make this impossible as far as known; a page must not fail for good if they have a hole.
        return [{"type": "paragraph", "children": [{"type": "text", "raw": source}]}]
    assert not isinstance(tokens, str)  # a parser without renderer gives its tokens
    return tokens


def destination(written: str) -> str:
    """A link's destination as the tree has it: backslash escapes and character references resolved, the rest percent-encoded."""
    return escape_url(unescape_char(encodable(written)))


def label(written: str) -> str:
    """A reference's label as the tree has it under "ref": white space and case levelled out."""
    return unikey(written)
