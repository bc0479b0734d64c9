"""What words of courtesy say of how somebody is to be greeted: Frau, Herr, or nothing.

Never guesses from a given name, a role or an ending: only the words in `data/people/salutations.toml` say it.
"""

from collections.abc import Sequence
from typing import Protocol

from inbox_worker.core.reading.people import lexicon
from inbox_worker.core.registration import Salutation

JOINERS = frozenset({"und", "&", "and", "sowie", "+", "u.", "et", "en", "bzw.", "plus"})
_ALTERNATIVES = JOINERS | {"/", "oder", "or", "od."}


class Heard(Protocol):
    """A word of a text, `low` in lower case."""

    @property
    def low(self) -> str: ...  # noqa: D102


def take_courtesy(words: list[str]) -> tuple[Salutation | None, list[str]]:
    """(['Frau', 'Dr.', 'Anna'] -> Frau, ['Dr.', 'Anna']); a word of courtesy alone stays."""
    if len(words) < 2 or words[0].casefold() not in lexicon.COURTESIES:
        return None, words
    return lexicon.COURTESIES[words[0].casefold()], words[1:]


def salutation_in(words: Sequence[Heard], at: int) -> Salutation | None:
    """What the courtesy `words[at]` says of the one person named behind it.

    Nothing in 'Herr/Frau Ott' and 'Herr und Frau Ott'; in 'meine Frau Anna' it is no courtesy.
    """
    if words[at + 1].low in JOINERS:
        return None
    *_, two_before, before = ["", "", *(word.low for word in words[max(0, at - 2) : at])]
    either = before in _ALTERNATIVES and two_before in lexicon.COURTESIES
    if either or before in lexicon.PARTNERS or before in lexicon.COURTESIES:
        return None
    return lexicon.COURTESIES.get(words[at].low)
