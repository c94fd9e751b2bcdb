"""Feeds a target of texts by plain chance: words of its grammar in any order, and good samples changed a little.

Hypothesis makes some hundred inputs a second and shows the smallest that breaks; this makes thousands, and finds what takes many tries.
"""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.inputs import STRANGE, minimised, samples, words
from tests.fuzz.running import Tally, bounded, mark_of
from tests.fuzz.target import Bench, Kind, Target

MOST_WORDS = 25
MOST_CHANGES = 6


def suits(target: Target) -> bool:
    """Whether a target is of texts that have words and samples."""
    return target.kind is Kind.TEXT and bool(samples(target.id))


def run(target: Target, seconds: float, seed: int, told: Callable[[Tally], None]) -> Tally:
    """Feed a target for so long."""
    dice, tally = random.Random(seed), Tally(target, seconds)
    known, good = (*words(target.id), *STRANGE), samples(target.id)
    while not tally.over:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, target.opened(Path(folder)) as bench:
            for _ in range(100 * target.spell):
                if tally.over:
                    break
                _feed(bench, _changed(dice, good, known) if dice.random() < 0.5 else _any(dice, known), tally)
                told(tally)
    return tally


def _feed(bench: Bench, text: str, tally: Tally) -> None:
    tally.executions += 1
    try:
        with bounded():
            bench.check(text)
    except Exception as error:
        mark = tally.note(text, error)
        if mark not in tally.done:
            tally.done.add(mark)
            tally.found[mark] = tally.found[mark]._replace(value=minimised(text, lambda shorter: _breaks(bench, shorter) == mark))


def _breaks(bench: Bench, text: Any) -> str | None:
    try:
        with bounded():
            bench.check(text)
    except Exception as error:
        return mark_of(error)
    return None


def _any(dice: random.Random, known: tuple[str, ...]) -> str:
    return "".join(dice.choice(known) for _ in range(dice.randint(1, MOST_WORDS)))


def _changed(dice: random.Random, good: tuple[str, ...], known: tuple[str, ...]) -> str:
    text = dice.choice(good)
    for _ in range(dice.randint(0, MOST_CHANGES)):
        start = dice.randint(0, len(text))
        end = min(len(text), start + dice.randint(0, 20))
        new = dice.choice((dice.choice(known), dice.choice(known), "", text[start:end] * dice.randint(2, 6)))
        text = text[:start] + new + text[dice.choice((start, end)) :]
    return text
