"""Regular expressions that cannot be made to hang: matched by an automaton, as Rust's `regex` crate does it.

Admins bring their slur filters from Lemmy, and some of the most copied ones hold nested repetition such as `((g{2,}|q)+|…)`.
Python's backtracking `re` needs exponential time for those on a text made for it, and holds the interpreter meanwhile. Here a
search costs one step per character, whatever the pattern.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from lemmy_lite.text.regex_syntax import Character, Choice, InvalidPattern, Look, Node, Repeat, Sequence, Test, is_word, parse

# A pattern as a program may not be longer; counted repetition multiplies. Rust has a limit on compiled size for the same reason.
MOST_INSTRUCTIONS: Final = 5_000

# Steps remembered between searches; beyond that the memory is emptied and filled anew.
MOST_REMEMBERED: Final = 20_000


class _Instruction(NamedTuple):
    """One step of the program; `targets` are its successors, in order of preference."""

    test: Test | None = None
    look: Callable[[str, str], bool] | None = None
    targets: tuple[int, ...] = ()


_MATCH: Final = _Instruction()


def _compile(node: Node) -> list[_Instruction]:
    program: list[_Instruction] = [_MATCH]

    def add(instruction: _Instruction) -> int:
        if len(program) >= MOST_INSTRUCTIONS:
            raise InvalidPattern("too large")
        program.append(instruction)
        return len(program) - 1

    def emit(node: Node, after: int) -> int:
        """Append the node's instructions, leading on to `after`, and give their entry."""
        match node:
            case Character(test):
                return add(_Instruction(test=test, targets=(after,)))
            case Look(look):
                return add(_Instruction(look=look, targets=(after,)))
            case Sequence(parts):
                for part in reversed(parts):
                    after = emit(part, after)
                return after
            case Choice(parts):
                return add(_Instruction(targets=tuple(emit(part, after) for part in parts)))
            case Repeat():
                return repeat(node, after)

    def repeat(node: Repeat, after: int) -> int:
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
            before, entry = entry, emit(node.part, entry)
            if entry == before:
                break  # nothing, repeated, is nothing; counts within counts would take for ever to say so
        return entry

    program.append(_Instruction(targets=(emit(node, 0),)))
    return program


class Pattern:
    """A compiled pattern, matched without regard to case. Raises `InvalidPattern`."""

    def __init__(self, pattern: str) -> None:
        self._program = _compile(parse(pattern))
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
    return character if character in ("", "\n") else "w" if is_word(character) else " "
