"""What each sentence of a mail does: the signs that `verdicts` weighs, one question each.

Never decides what the mail wants.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inbox_worker.core.reading.intent import Evidence

TRACE = 0.15
FAINT = 0.3
MIXED = 0.45
LIKELY = 0.5
FAIR = 0.6
CLEAR = 0.75
SURE = 0.85

_CONDITIONAL = re.compile(
    r"\W*(?:sollten? (?:ich|wir|sie|er|es|sich)|falls (?:ich|wir|sie|er)|(?:if|should) (?:I|we|she|he|they))\b"
    r"(?!.*\b(?:bitte|please)\b)",
    re.IGNORECASE | re.DOTALL,
)
"""What might happen: "Sollte sie nicht kommen können, melde ich mich"."""


@dataclass(frozen=True, slots=True)
class Found:
    """The sentences by what they do."""

    coming: list[Evidence]
    going: list[Evidence]
    link: list[Evidence]
    already: list[Evidence]
    asking: list[Evidence]
    left_open: list[Evidence]
    doubts: list[Evidence]
    strange: list[Evidence]
    away: list[Evidence]
    thanks: list[Evidence]


def found_in(text: Sequence[Evidence]) -> Found:
    """The sentences of a text, sorted; one that is sure takes the weight off those that only resemble others."""
    coming = [one for one in text if _comes(one)]
    going = [one for one in text if _goes(one)]
    link = [one for one in text if _misses_link(one)]
    if any(one.is_likely("already") for one in text):
        link = link or [one for one in text if one.does("trouble") or one.is_likely("link", least=FAINT)]
    asking = [one for one in text if _asks(one)]
    if asking:
        # Who asks may introduce themselves and say where they read of us; that registers nobody.
        coming = [one for one in coming if one.does("self", "any", "other") or one.is_likely("comes", least=SURE)]
    if any(one.does("self", "any", "other") and one.is_likely("comes", least=FAIR) for one in coming):
        # Words that only resemble others must not outweigh words that say it.
        going = [one for one in going if one.does("decline_self", "decline_other")]
        link = [one for one in link if one.does("trouble") or one.is_likely("link", least=CLEAR)]
    if any(one.does("self", "other") for one in coming):
        going = [
            one for one in going if one.does("decline_self", "decline_other") or one.is_likely("withdraws", least=CLEAR)
        ]
    return Found(
        coming=[one for one in coming if not (one.does("missed", "stays") and going)],
        going=going,
        link=link,
        already=[one for one in text if one.is_likely("already") and not one.does("unsure")],
        asking=asking,
        left_open=[one for one in text if one.is_likely("open") and not (one.does("unsure") and one.does("self"))],
        doubts=[
            one for one in text if one.is_likely("doubt", least=0.4) or (one.is_likely("comes") and one.does("doubt"))
        ],
        strange=[one for one in text if one.is_likely("strange", least=TRACE if one.does("hostile") else CLEAR)],
        away=[one for one in text if one.is_likely("away", least=0.6)],
        thanks=[one for one in text if one.is_likely("thanks")],
    )


def _comes(one: Evidence) -> bool:
    """Whether a sentence registers; a question does so only when the writer asks for themselves."""
    if one.does("void") and not one.does("self", "any"):
        return False
    if one.asks and (one.wonders or not (one.personal or one.does("self", "other", "any"))):
        return False
    if (
        one.does("self", "other")
        and one.is_likely("comes", least=0.4)
        and max(one.likely.values()) == one.likely["comes"]
    ):
        return True
    return one.is_likely("comes", "doubt") or (one.does("unsure") and one.does("self"))


def _goes(one: Evidence) -> bool:
    """Whether a sentence withdraws; without its usual words, and in a question, it must be likelier."""
    if _CONDITIONAL.match(one.sentence.text):
        return False
    if one.does("decline_self", "decline_other"):
        least = SURE if one.asks else LIKELY
    else:
        least = SURE if one.asks or one.does("self", "other") else FAIR
    return one.is_likely("withdraws", least=least)


def _misses_link(one: Evidence) -> bool:
    """Whether a sentence misses the link; talk of being registered already makes that likelier."""
    return one.is_likely("link") or (one.is_likely("link", least=FAINT) and one.is_likely("link", "already"))


def also_comes(one: Evidence) -> bool:
    """Whether a sentence of a registering mail has words of registering, too, and nothing speaks against it."""
    against = one.does("missed", "open", "hostile", "ask", "trouble", "registered", "decline_self", "decline_other")
    otherwise = any(one.is_likely(label, least=0.4) for label in ("withdraws", "link", "asks", "already", "strange"))
    return one.does("self", "other", "any", "along") and not (against or otherwise or one.wonders)


def _asks(one: Evidence) -> bool:
    """Whether a sentence wants something of a person; with the words for it, a lesser likeness is enough."""
    if one.does("offer") or (one.does("unsure") and one.does("self") and not one.asks):
        return False
    if one.is_likely("comes", "link", "withdraws"):
        return one.does("ask") and one.is_likely("asks", least=MIXED)
    unsettled = one.is_likely("open") and (one.does("open", "ask") or one.personal or one.asks)
    plainly = one.is_likely("asks", least=LIKELY if one.asks or one.does("ask") or one.personal else FAIR)
    return unsettled or plainly or (one.does("ask") and one.is_likely("asks", "open", least=FAINT))


def from_subject(found: Found, subject: Sequence[Evidence], text: Sequence[Evidence]) -> Found:
    """When the text settles nothing, what the subject says; a question in the text is not overruled by it."""
    said = found_in(subject)
    if found.asking and not said.going and not any(one.does("self") for one in said.coming):
        return found
    asking = found.asking or (said.asking if not text else [])
    strange, away = found.strange or said.strange, found.away or said.away
    return replace(
        found, coming=said.coming, going=said.going, link=said.link, asking=asking, strange=strange, away=away
    )


def faint(found: Found, text: Sequence[Evidence]) -> Found:
    """When nothing is clear, the phrases decide, and failing those the likeliest faint sign."""
    coming = [
        one
        for one in text
        if one.does("self", "any")
        and not one.does("ask", "trouble", "registered", "missed", "open", "hostile")
        and not one.wonders
    ]
    going = [one for one in text if one.does("decline_self") and not one.does("ask", "trouble")]
    if not coming and not going:
        questions = [one for one in text if one.asks and not one.does("polite", "offer")]
        if questions:
            return replace(found, asking=questions)
    if bool(coming) != bool(going):
        return replace(found, coming=coming, going=going)
    best, label = max(
        ((one, label) for one in text for label in ("comes", "withdraws", "link", "asks")),
        key=lambda pair: pair[0].likely.get(pair[1], 0),
        default=(None, ""),
    )
    if best is None or best.likely.get(label, 0) < (FAINT if label == "asks" and best.asks else MIXED):
        return found
    match label:
        case "comes":
            return replace(found, coming=[best])
        case "withdraws":
            return replace(found, going=[best])
        case "link":
            return replace(found, link=[best])
        case _:
            return replace(found, asking=[best])
