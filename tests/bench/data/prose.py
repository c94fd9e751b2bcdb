"""Words for people who do not exist: sentences, a little markdown, titles. Made once, then cut from, which is fast enough for millions."""

from random import Random

from tests.bench.data.sizes import COMMON_WORD, RARE_WORD

_SYLLABLES = [first + second for first in "bdfghklmnprstv" for second in "aeio"]
_ENDINGS = ("", "", "n", "r", "s", "t", "nd", "st", "ng", "é", "ün")
_LONGEST = 10_000
_LENGTH = 300_000


class Prose:
    """Text by length. The same Random gives the same text."""

    def __init__(self, random: Random) -> None:
        self._random = random
        words = [COMMON_WORD, *(self._word() for _ in range(6_000))]
        weights = [1 / (rank + 3) for rank in range(len(words))]
        drawn = iter(random.choices(words, weights, k=_LENGTH // 4))
        parts: list[str] = []
        length = 0
        while length < _LENGTH:
            sentence = self._sentence([next(drawn) for _ in range(random.randint(3, 16))])
            parts.append(sentence)
            length += len(sentence)
        self._text = "".join(parts)
        self._text += self._text[: _LONGEST + 1]
        self._starts = [place + 1 for place in range(length - 1) if self._text[place] == " "]
        self._titles = [word for word in drawn if word.isascii()]

    def _word(self) -> str:
        random = self._random
        return "".join(random.choices(_SYLLABLES, k=random.choice((1, 2, 2, 3)))) + random.choice(_ENDINGS)

    def _sentence(self, words: list[str]) -> str:
        """One sentence; now and then with emphasis, a link, a list or a quotation, as people write."""
        dice = self._random.random()
        if dice < 0.04:
            words[0] = f"**{words[0]}**"
        elif dice < 0.07:
            words[-1] = f"[{words[-1]}](https://{words[0]}.invalid/{words[-1]})"
        elif dice < 0.09:
            return "".join(f"\n- {word}" for word in words[:5]) + "\n\n"
        elif dice < 0.11:
            return f"\n> {' '.join(words)}\n\n"
        text = " ".join(words)
        return f"{text[0].upper()}{text[1:]}. " + ("\n\n" if dice > 0.9 else "")

    def body(self, length: int) -> str:
        """About `length` characters, at most 10,000, at least one."""
        start = self._random.choice(self._starts)
        return self._text[start : start + min(length, _LONGEST)].strip() or "."

    def title(self) -> str:
        """A title of four to twelve words; one in three thousand holds the rare word."""
        random = self._random
        start = random.randrange(len(self._titles) - 12)
        words = self._titles[start : start + random.randint(4, 12)]
        if random.random() < 1 / 3000:
            words.append(RARE_WORD)
        return " ".join(words).capitalize()[:200]
