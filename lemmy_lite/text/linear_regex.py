"""Regular expressions that cannot be made to hang: matched by an automaton, as Rust's `regex` crate does it.

Admins bring their slur filters from Lemmy, and some of the most copied ones hold nested repetition such as `((g{2,}|q)+|…)`.
Python's backtracking `re` needs exponential time for those on a text made for it, and holds the interpreter meanwhile. Here a
search costs one step per character, whatever the pattern.

The dialect is Rust's, without what a word filter has no use for: groups (named or not, their content is not reported), `|`,
`* + ? {m,n}` with their lazy forms, classes with ranges and negation, `\\d \\w \\s \\b` and their opposites (Unicode), `.`, `^ $ \\A \\z`,
the flags i, m, s, u, and `\\x{…}`, `\\u{…}`. Look-around, back references, `\\p{…}`, and classes within classes are refused.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

# A pattern as a program may not be longer; counted repetition multiplies. Rust has a limit on compiled size for the same reason.
MOST_INSTRUCTIONS: Final = 5_000
MOST_PATTERN: Final = 10_000
MOST_NESTED: Final = 50
MOST_REPEATED: Final = 1_000

# Steps remembered between searches; beyond that the memory is emptied and filled anew.
MOST_REMEMBERED: Final = 20_000

Test = Callable[[str], bool]


class InvalidPattern(ValueError):
    """The pattern is malformed, too large, or uses what this dialect does not have."""


class _Character(NamedTuple):
    test: Test


class _Look(NamedTuple):
    """A place between two characters, "" being the edge of the text."""

    test: Callable[[str, str], bool]


class _Sequence(NamedTuple):
    parts: tuple["_Node", ...]


class _Choice(NamedTuple):
    parts: tuple["_Node", ...]


class _Repeat(NamedTuple):
    part: "_Node"
    least: int
    most: int | None
    lazy: bool


_Node = _Character | _Look | _Sequence | _Choice | _Repeat


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


_CLASSES: Final[dict[str, Test]] = {"d": str.isdecimal, "w": _is_word, "s": str.isspace}
_LITERALS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_LOOKS: Final[dict[str, Callable[[str, str], bool]]] = {
    "b": lambda before, after: _is_word(before) != _is_word(after),
    "B": lambda before, after: _is_word(before) == _is_word(after),
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
    "word": lambda c: c.isascii() and _is_word(c),
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

    def parse(self) -> _Node:
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

    def choice(self) -> _Node:
        flags = self.flags
        parts = [self.sequence()]
        while self.skip("|"):
            parts.append(self.sequence())
        self.flags = flags
        return _Choice(tuple(parts)) if len(parts) > 1 else parts[0]

    def sequence(self) -> _Node:
        parts: list[_Node] = []
        while self.peek() not in ("", "|", ")"):
            part = self.atom()
            while self.peek() in ("*", "+", "?", "{"):
                part = self.repeated(part)
            parts.append(part)
        return _Sequence(tuple(parts))

    def repeated(self, part: _Node) -> _Node:
        if part == _Sequence(()):
            raise InvalidPattern("nothing to repeat")
        sign = self.take()
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1), "{": (0, 0)}[sign]
        if sign == "{":
            least, most = self.counts()
        return _Repeat(part, least, most, self.skip("?"))

    def counts(self) -> tuple[int, int | None]:
        low, comma, high = (text.strip() for text in self.until("}").partition(","))
        if not all(text == "" or (text.isascii() and text.isdecimal() and int(text) <= MOST_REPEATED) for text in (low, high)) or not low:
            raise InvalidPattern("not a count")
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if most is not None and most < least:
            raise InvalidPattern("not a count")
        return least, most

    def atom(self) -> _Node:
        sign = self.take()
        if sign == "(":
            return self.group()
        if sign == "[":
            return _Character(self.with_case(self.bracket()))
        if sign == "\\":
            return self.escape()
        if sign == ".":
            return _Character((lambda _c: True) if "s" in self.flags else (lambda c: c != "\n"))
        if sign in "^$":
            return _Look(_LINE_LOOKS[sign] if "m" in self.flags else _LOOKS["A" if sign == "^" else "z"])
        if sign in "*+?{":
            raise InvalidPattern("nothing to repeat")
        return self.literal(sign)

    def literal(self, character: str) -> _Node:
        return _Character(self.with_case(lambda other: other == character))

    def with_case(self, test: Test) -> Test:
        if "i" not in self.flags:
            return test
        return lambda character: test(character) or test(character.lower()) or test(character.upper()) or test(character.casefold())

    def group(self) -> _Node:
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise InvalidPattern("nested too deep")
        outer = self.flags
        if self.skip("?") and not self.name() and not self.set_flags():
            self.depth -= 1
            return _Sequence(())  # (?i) holds for the rest of the group around it
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

    def escape(self) -> _Node:
        sign = self.take()
        if sign in _LOOKS:
            return _Look(_LOOKS[sign])
        test = self.escaped_class(sign)
        return _Character(test) if test is not None else self.literal(self.escaped_character(sign))

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


# --- the program: each instruction names its successors, in order of preference ---------------------------------------


class _Instruction(NamedTuple):
    test: Test | None = None
    look: Callable[[str, str], bool] | None = None
    targets: tuple[int, ...] = ()


_MATCH: Final = _Instruction()


def _compile(node: _Node) -> list[_Instruction]:
    program: list[_Instruction] = [_MATCH]

    def add(instruction: _Instruction) -> int:
        if len(program) >= MOST_INSTRUCTIONS:
            raise InvalidPattern("too large")
        program.append(instruction)
        return len(program) - 1

    def emit(node: _Node, after: int) -> int:
        """Append the node's instructions, leading on to `after`, and give their entry."""
        match node:
            case _Character(test):
                return add(_Instruction(test=test, targets=(after,)))
            case _Look(look):
                return add(_Instruction(look=look, targets=(after,)))
            case _Sequence(parts):
                for part in reversed(parts):
                    after = emit(part, after)
                return after
            case _Choice(parts):
                return add(_Instruction(targets=tuple(emit(part, after) for part in parts)))
            case _Repeat():
                return repeat(node, after)

    def repeat(node: _Repeat, after: int) -> int:
        def either(inside: int, beyond: int) -> tuple[int, int]:
            return (beyond, inside) if node.lazy else (inside, beyond)

        if node.most is None:
            loop = add(_Instruction())
            program[loop] = _Instruction(targets=either(emit(node.part, loop), after))
            entry = loop
        else:
            entry = after
            for _ in range(node.most - node.least):
                entry = add(_Instruction(targets=either(emit(node.part, entry), after)))
        for _ in range(node.least):
            entry = emit(node.part, entry)
        return entry

    program.append(_Instruction(targets=(emit(node, 0),)))
    return program


class Pattern:
    """A compiled pattern, matched without regard to case. Raises `InvalidPattern`."""

    def __init__(self, pattern: str) -> None:
        self._program = _compile(_Parser(pattern, frozenset("i")).parse())
        self._start = len(self._program) - 1
        self._forget()

    def _forget(self) -> None:
        self._remembered = 0
        self._states: dict[tuple[frozenset[int], str], dict[str, tuple[frozenset[int], str] | None]] = {}

    def is_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere. One step per character; steps taken before are remembered."""
        state = (frozenset((self._start,)), "")
        known = self._states.setdefault(state, {})
        for character in (*text, ""):
            following = known[character] if character in known else self._step(state, known, character)
            if following is None:
                return True
            state = following
            known = self._states.setdefault(state, {})
        return False

    def _step(
        self, state: tuple[frozenset[int], str], known: dict[str, tuple[frozenset[int], str] | None], character: str
    ) -> tuple[frozenset[int], str] | None:
        """The state behind this character, or None if the pattern has matched before it."""
        threads, before = state
        closed = self._closure(sorted(threads), before, character, set())
        following = None
        if 0 not in closed:
            next_threads = {self._program[place].targets[0] for place in closed if self._passes(place, character)}
            following = (frozenset(next_threads | {self._start}), _kind(character))
        self._remembered += 1
        if self._remembered > MOST_REMEMBERED:
            self._forget()
        known[character] = following
        return following

    def _passes(self, place: int, character: str) -> bool:
        test = self._program[place].test
        return test is not None and character != "" and test(character)

    def _closure(self, places: list[int], before: str, after: str, seen: set[int]) -> list[int]:
        """All instructions reached without reading a character, most preferred first, but for those seen already."""
        reached: list[int] = []
        stack = places[::-1]
        while stack:
            place = stack.pop()
            if place in seen:
                continue
            seen.add(place)
            instruction = self._program[place]
            if place == 0 or instruction.test is not None:
                reached.append(place)
            elif instruction.look is None or instruction.look(before, after):
                stack.extend(reversed(instruction.targets))
        return reached

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of every match, leftmost first and by preference, as `re.finditer` gives them; empty ones left out."""
        position = 0
        while (span := self._first(text, position)) is not None:
            if span[1] > span[0]:
                yield span
            position = max(span[1], span[0] + 1)

    def _first(self, text: str, position: int) -> tuple[int, int] | None:
        """Follow all ways through the program at once, each with the place where it began."""
        threads: list[tuple[int, int]] = []
        found: tuple[int, int] | None = None
        while position <= len(text) and (threads or found is None):
            if found is None:
                threads.append((self._start, position))
            before, after = text[position - 1 : position] if position else "", text[position : position + 1]
            following: dict[int, int] = {}
            seen: set[int] = set()
            for thread, began in threads:
                closed = self._closure([thread], before, after, seen)
                for place in closed:
                    if place == 0:
                        found = (began, position)
                        break
                    if self._passes(place, after):
                        following.setdefault(self._program[place].targets[0], began)
                if 0 in closed:
                    break  # what is less preferred than a match is given up
            threads = list(following.items())
            position += 1
        return found


def _kind(character: str) -> str:
    """A character that stands for all that look alike from behind, so that there are few states."""
    return character if character in ("", "\n") else "w" if _is_word(character) else " "
