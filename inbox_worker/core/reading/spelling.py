"""Mistyped words put right: 'Anmledung', 'tielnehmen', 'Fachdskurs'.

Never touches a word that is known, and only ever turns a word into a known one that has the same letters in another
order or differs by a single letter. Short words are left alone.
"""

from collections.abc import Collection
from functools import lru_cache

_SAME_LETTERS = 3
_ONE_LETTER = 6
_MOVED = 4
_REMEMBERED = 8192


class Spelling:
    """The known words, ready to be looked up by what a typist makes of them."""

    def __init__(self, words: Collection[str]) -> None:
        self._known = frozenset(words)
        self._jumbled: dict[str, str] = {}
        self._shortened: dict[str, str] = {}
        for word in words:
            if len(word) >= _SAME_LETTERS:
                self._jumbled.setdefault("".join(sorted(word)), word)
            if len(word) >= _ONE_LETTER:
                for shorter in {word, *_without_one(word)}:
                    self._shortened.setdefault(shorter, word)

        self.mended = lru_cache(_REMEMBERED)(self._mended)

    def _mended(self, word: str) -> str:
        """The known word that `word` was meant to be, or `word` itself."""
        if word in self._known or len(word) < _SAME_LETTERS or not word.isalpha():
            return word
        jumbled = self._jumbled.get("".join(sorted(word)))
        if jumbled is not None and _slipped(word, jumbled):
            return jumbled
        if len(word) < _ONE_LETTER or len(word) > 2 * _ONE_LETTER + 8:
            return word
        if word in self._shortened:
            return self._shortened[word]
        for shorter in _without_one(word):
            meant = self._shortened.get(shorter)
            if meant is not None and abs(len(meant) - len(word)) <= 1 and meant[0] == word[0]:
                # Endings are grammar, not mistakes: 'melden' and 'meldet' stay two words.
                return word if meant[:-1] == word[:-1] or meant.startswith(word) or word.startswith(meant) else meant
        return word


def _slipped(word: str, meant: str) -> bool:
    """Whether neighbouring letters changed places: 'direkte' is no mistyped 'kredite'."""
    starts = word[0] == meant[0] or word[:2] == meant[1::-1]
    return starts and sum(one != other for one, other in zip(word, meant, strict=True)) <= _MOVED


def _without_one(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]
