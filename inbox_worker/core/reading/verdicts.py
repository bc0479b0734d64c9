"""What a mail wants, weighed from the evidence of all its sentences.

Never looks at people or events; never guesses: without evidence a mail is unclear.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.registration import Intent, Reason


@dataclass(frozen=True, slots=True)
class Wish:
    """What a mail wants: its intent, the sentences that said so, and what a person must see besides."""

    intent: Intent
    coming: tuple[Evidence, ...] = ()
    going: tuple[Evidence, ...] = ()
    concerns: tuple[Reason, ...] = ()
    because: tuple[Reason, ...] = ()


def wish(text: Sequence[Evidence], subject: Sequence[Evidence], *, reply: bool, people: bool) -> Wish:
    """Weigh the sentences of the new text and of the subject.

    `reply`: the subject is an answer to ours, so its words are ours. `people`: the mail names people in a list.
    """
    hostile = [one for one in text if one.does("hostile")]
    coming, going = _coming(text), _going(text)
    if hostile and (len(hostile) > 1 or not coming):
        return Wish(Intent.UNCLEAR, concerns=_reasons("not a request to us", hostile, "hostile"))
    own_subject = () if reply else tuple(subject)
    trouble = [one for one in text if one.does("trouble")]
    registered = [one for one in text if one.does("registered")]
    asking = [one for one in text if _asks(one)]
    doubts = [one for one in text if one.does("doubt") and not one.does("going")]
    left_open = [one for one in text if one.does("open")]
    if not coming and not going:
        coming = [one for one in text if one.hints("any", "self") and not _asks(one) and not one.does("trouble", "registered", "offer")]
        if not coming or not any(one.does("self", "any") for one in coming):
            coming = _coming(own_subject) + coming
        going = _going(own_subject) if not text or not coming else []
    concerns = _reasons("asks", asking, "ask")
    if trouble and not going and (registered or not any(one.does("self", "other") for one in coming)):
        return Wish(Intent.LINK_REQUEST, concerns=concerns, because=_reasons("link", trouble, "trouble"))
    if registered and not going and not any(one.does("other", "replace") for one in coming):
        if any(one.hints("any") for one in text) and not any(one.does("self") for one in coming):
            return Wish(Intent.LINK_REQUEST, concerns=concerns, because=_reasons("registered already", registered, "registered"))
    if left_open and not any(one.does("self", "other") and not one.does("open") for one in coming):
        return Wish(Intent.INQUIRY, concerns=concerns or _reasons("left open", left_open, "open"), because=_reasons("left open", left_open, "open"))
    if going and coming:
        last_going, last_coming = text.index(going[-1]) if going[-1] in text else -1, max((text.index(one) for one in coming if one in text), default=-1)
        others = any(one.does("other", "replace") for one in coming)
        if not others and last_coming < last_going and not people:
            coming = []
    if coming or (people and not going and not asking):
        return Wish(Intent.REGISTRATION, tuple(coming), tuple(going), concerns + _reasons("doubt", doubts, "doubt"), _reasons("registers", coming, "self", "other", "any"))
    if going:
        return Wish(Intent.CANCELLATION, (), tuple(going), concerns, _reasons("withdraws", going, "decline_self", "decline_other"))
    if asking:
        return Wish(Intent.INQUIRY, concerns=concerns, because=concerns)
    thanks = [one for one in text if one.hints("thanks", "settled")]
    if thanks and sum(len(one.sentence.words) for one in text) < 60:
        return Wish(Intent.UNCLEAR, because=_reasons("thanks only", thanks, "thanks"))
    return Wish(Intent.UNCLEAR, concerns=(Reason("nothing understood that we could do"),))


def _coming(text: Sequence[Evidence]) -> list[Evidence]:
    return [one for one in text if _comes(one)]


def _comes(one: Evidence) -> bool:
    if one.does("missed") or one.does("open") or one.does("hostile"):
        return False
    if one.asks or one.wonders:
        return one.does("self") and one.personal and not one.wonders
    if one.does("registered", "trouble"):
        return one.does("self", "other", "replace") and not one.does("trouble")
    return one.does("self", "other", "any", "replace")


def _going(text: Sequence[Evidence]) -> list[Evidence]:
    return [one for one in text if one.does("decline_self", "decline_other") and not one.asks]


def _asks(one: Evidence) -> bool:
    if one.does("polite", "offer") and not one.does("ask"):
        return False
    if one.does("offer"):
        return False
    if one.asks:
        return not (one.does("self", "any", "trouble") and not one.wonders and not one.does("ask")) and not one.hints("trouble")
    return one.does("ask") and not one.does("trouble")


def _reasons(what: str, found: Sequence[Evidence], *acts: str) -> tuple[Reason, ...]:
    return tuple(Reason(what, one.words(*acts), one.sentence.where) for one in found[:6])
