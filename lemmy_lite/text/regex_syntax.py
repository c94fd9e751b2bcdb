"""The syntax of slur filters: Rust's `regex`, without what a word filter has no use for.

Groups (named or not, their content is not reported), `|`, `* + ? {m,n}` with their lazy forms, classes with ranges and negation,
`\\d \\w \\s \\b` and their opposites (Unicode), `.`, `^ $ \\A \\z`, the flags i, m, s, u, `\\x{…}` and `\\u{…}`. Look-around, back
references, `\\p{…}`, and classes within classes are refused.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

MOST_PATTERN: Final = 10_000
MOST_NESTED: Final = 50
MOST_REPEATED: Final = 1_000

Test = Callable[[str], bool]


class InvalidPattern(ValueError):
    """The pattern is malformed, too large, or uses what this dialect does not have."""


class Character(NamedTuple):
    """One character that passes the test."""

    test: Test


class Look(NamedTuple):
    """A place between two characters, "" being the edge of the text."""

    test: Callable[[str, str], bool]


class Sequence(NamedTuple):
    """One part after the other; without parts, nothing."""

    parts: tuple["Node", ...]


class Choice(NamedTuple):
    """One of the parts, the first preferred."""

    parts: tuple["Node", ...]


class Repeat(NamedTuple):
    """A part `least` to `most` times (None: without end), as often as possible unless lazy."""

    part: "Node"
    least: int
    most: int | None
    lazy: bool


Node = Character | Look | Sequence | Choice | Repeat


def is_word(character: str) -> bool:
    """Whether a character belongs to a word, in any alphabet; the empty edge of a text does not."""
    return character.isalnum() or character == "_"


_CLASSES: Final[dict[str, Test]] = {"d": str.isdecimal, "w": is_word, "s": str.isspace}
_LITERALS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_LOOKS: Final[dict[str, Callable[[str, str], bool]]] = {
    "b": lambda before, after: is_word(before) != is_word(after),
    "B": lambda before, after: is_word(before) == is_word(after),
    "A": lambda before, _after: not before,
    "z": lambda _before, after: not after,
}
_LINE_LOOKS: Final[dict[str, Callable[[str, str], bool]]] = {
    "^": lambda before, _after: before in ("", "\n"),
    "$": lambda _before, after: after in ("", "\n"),
}
_POSIX: Final[dict[str, Test]] = {
    "alpha": lambda c: c.isascii() and c.isalpha(),
    "digit": lambda c: c.isascii() and c.isdigit(),
    "alnum": lambda c: c.isascii() and c.isalnum(),
    "upper": lambda c: c.isascii() and c.isupper(),
    "lower": lambda c: c.isascii() and c.islower(),
    "space": lambda c: c in " \t\n\r\f\v",
    "punct": lambda c: c.isascii() and c.isprintable() and not c.isalnum() and c != " ",
    "word": lambda c: c.isascii() and is_word(c),
}


def _not(test: Test) -> Test:
    return lambda character: not test(character)


class _Parser:
    """Recursive descent over the pattern; `flags` are those in force at this place."""

    def __init__(self, pattern: str, flags: frozenset[str]) -> None:
        if len(pattern) > MOST_PATTERN:
            raise InvalidPattern("too long")
        self.pattern = pattern
        self.position = 0
        self.depth = 0
        self.flags = flags

    def parse(self) -> Node:
        node = self.choice()
        if self.position < len(self.pattern):
            raise InvalidPattern("unopened group")
        return node

    def peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def take(self) -> str:
        if self.position >= len(self.pattern):
            raise InvalidPattern("unexpected end")
        self.position += 1
        return self.pattern[self.position - 1]

    def skip(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.position)
        self.position += len(text) * found
        return found

    def until(self, end: str) -> str:
        stop = self.pattern.find(end, self.position)
        if stop < 0:
            raise InvalidPattern(f"no {end} follows")
        text = self.pattern[self.position : stop]
        self.position = stop + 1
        return text

    def choice(self) -> Node:
        flags = self.flags
        parts = [self.sequence()]
        while self.skip("|"):
            parts.append(self.sequence())
        self.flags = flags
        return Choice(tuple(parts)) if len(parts) > 1 else parts[0]

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            part = self.atom()
            while self.peek() in ("*", "+", "?", "{"):
                part = self.repeated(part)
            parts.append(part)
        return Sequence(tuple(parts))

    def repeated(self, part: Node) -> Node:
        if part == Sequence(()):
            raise InvalidPattern("nothing to repeat")
        sign = self.take()
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1), "{": (0, 0)}[sign]
        if sign == "{":
            least, most = self.counts()
        return Repeat(part, least, most, self.skip("?"))

    def counts(self) -> tuple[int, int | None]:
        low, comma, high = (text.strip() for text in self.until("}").partition(","))
        if not all(text == "" or _is_count(text) for text in (low, high)) or not low:
            raise InvalidPattern("not a count")
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if most is not None and most < least:
            raise InvalidPattern("not a count")
        return least, most

    def atom(self) -> Node:
        sign = self.take()
        if sign == "(":
            return self.group()
        if sign == "[":
            return Character(self.with_case(self.bracket()))
        if sign == "\\":
            return self.escape()
        if sign == ".":
            return Character((lambda _c: True) if "s" in self.flags else (lambda c: c != "\n"))
        if sign in "^$":
            return Look(_LINE_LOOKS[sign] if "m" in self.flags else _LOOKS["A" if sign == "^" else "z"])
        if sign in "*+?{":
            raise InvalidPattern("nothing to repeat")
        return self.literal(sign)

    def literal(self, character: str) -> Node:
        return Character(self.with_case(lambda other: other == character))

    def with_case(self, test: Test) -> Test:
        if "i" not in self.flags:
            return test
        return lambda character: test(character) or test(character.lower()) or test(character.upper()) or test(character.casefold())

    def group(self) -> Node:
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise InvalidPattern("nested too deep")
        outer = self.flags
        if self.skip("?") and not self.name() and not self.set_flags():
            self.depth -= 1
            return Sequence(())  # (?i) holds for the rest of the group around it
        node = self.choice()
        if not self.skip(")"):
            raise InvalidPattern("unclosed group")
        self.flags = outer
        self.depth -= 1
        return node

    def name(self) -> bool:
        if not (
            self.skip("P<")
            or (self.peek() == "<" and self.pattern[self.position + 1 : self.position + 2] not in ("=", "!") and self.skip("<"))
        ):
            return False
        if not self.until(">").replace("_", "a").isalnum():
            raise InvalidPattern("not a name")
        return True

    def set_flags(self) -> bool:
        """Read the flags of (?i:…) or (?i); whether a group follows."""
        on = True
        flags = set(self.flags)
        while (sign := self.take()) not in (":", ")"):
            if sign == "-" and on:
                on = False
            elif sign in "imsu":
                flags = flags | {sign} if on else flags - {sign}
            else:
                raise InvalidPattern("look-around and other such groups are not supported")
        self.flags = frozenset(flags)
        return sign == ":"

    def escape(self) -> Node:
        sign = self.take()
        if sign in _LOOKS:
            return Look(_LOOKS[sign])
        test = self.escaped_class(sign)
        return Character(test) if test is not None else self.literal(self.escaped_character(sign))

    def escaped_class(self, sign: str) -> Test | None:
        test = _CLASSES.get(sign.lower())
        return _not(test) if test is not None and sign.isupper() else test

    def escaped_character(self, sign: str) -> str:
        if sign in _LITERALS:
            return _LITERALS[sign]
        if sign in "xuU":
            digits = self.until("}") if self.skip("{") else "".join(self.take() for _ in range({"x": 2, "u": 4, "U": 8}[sign]))
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise InvalidPattern("not a character") from None
        if sign.isalnum():
            raise InvalidPattern(f"\\{sign} is not supported")
        return sign

    def bracket(self) -> Test:
        negated = self.skip("^")
        tests: list[Test] = []
        first = True
        while first or self.peek() != "]":
            first = False
            tests.append(self.class_item())
        self.take()

        def any_of(character: str) -> bool:
            return any(test(character) for test in tests)

        folded = self.with_case(any_of)
        return _not(folded) if negated else folded

    def class_item(self) -> Test:
        if self.skip("[:"):
            name = self.until(":")
            if not self.skip("]") or name.removeprefix("^") not in _POSIX:
                raise InvalidPattern("not a class")
            return _not(_POSIX[name[1:]]) if name.startswith("^") else _POSIX[name]
        if self.peek() == "[" or any(self.pattern.startswith(operator, self.position) for operator in ("&&", "--", "~~")):
            raise InvalidPattern("classes within classes are not supported")
        sign = self.take()
        if sign == "\\":
            sign = self.take()
            test = self.escaped_class(sign)
            if test is not None:
                return test
            sign = self.escaped_character(sign)
        if self.peek() != "-" or self.pattern[self.position + 1 : self.position + 2] in ("]", ""):
            return lambda character: character == sign
        self.take()
        last = self.take()
        if last == "\\":
            last = self.escaped_character(self.take())
        if last < sign:
            raise InvalidPattern("not a range")
        return lambda character: sign <= character <= last if len(character) == 1 else False


def _is_count(text: str) -> bool:
    """Whether it is a number that may stand between braces; asked of its length first, as Python refuses to read thousands of digits."""
    return text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MOST_REPEATED


def parse(pattern: str) -> Node:
    """The pattern as a tree, read without regard to case. Raises `InvalidPattern`."""
    return _Parser(pattern, frozenset("i")).parse()
