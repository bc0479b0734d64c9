"""A sentence that first says one thing of the writer and then another of somebody else, or the other way round.

Never knows whose names those are: it is told where in the text they stand.
"""

import re
from collections.abc import Sequence

from inbox_worker.core.reading.intent import Evidence, halves, takes_part

_AND = frozenset({"und", "and", "sowie"})
_SHORTEST = 2
_EXPLAINS = re.compile(r"(?:und zwar|nämlich|and that is|namely)\b", re.IGNORECASE)


def in_turn(one: Evidence, others: Sequence[int], for_another: re.Pattern[str]) -> bool:
    """'Ich nehme teil, bitte melden Sie auch Frau Ott an': whether a part that names none of `others` is the writer's.

    `others` are the places of names. Words of `for_another` say that the writer only acts for them; what begins with
    'und zwar' tells more of the same.
    """
    for left, right in halves(one, least=_SHORTEST, joined_by=_AND):
        acts = for_another.search(left.sentence.text) or for_another.search(right.sentence.text)
        if acts or _EXPLAINS.match(right.sentence.text):
            continue
        for mine, theirs in ((left, right), (right, left)):
            named = any(mine.sentence.start <= place < mine.sentence.end for place in others)
            if not named and takes_part(mine) and theirs.does("other", "any", "along"):
                return True
    return False
