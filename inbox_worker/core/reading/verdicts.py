"""What a mail wants, weighed from the evidence of all its sentences.

Never looks at events, and never guesses: what no sentence says is unclear, and a person sees it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.registration import Intent, Reason

_TRACE = 0.15
_FAINT = 0.3
_MIXED = 0.45
_LIKELY = 0.5
_FAIR = 0.6
_SURE = 0.85
_CLEAR = 0.75
_LONG = 60
_BRIEF = 6


@dataclass(frozen=True, slots=True)
class Wish:
    """What a mail wants: its intent, the sentences that said so, and what a person must see besides."""

    intent: Intent
    coming: tuple[Evidence, ...] = ()
    going: tuple[Evidence, ...] = ()
    concerns: tuple[Reason, ...] = ()
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
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


def wish(  # noqa: C901, PLR0912 - a ladder of cases, each of which may settle it
    text: Sequence[Evidence],
    subject: Sequence[Evidence],
    *,
    reply: bool,
    listed: bool,
    names: Callable[[Evidence], bool],
) -> Wish:
    """Weigh the sentences of the new text and of the subject.

    `reply`: the subject is an answer to ours, so its words are ours. `listed`: people stand in a list or table.
    `names`: whether a sentence names somebody other than the writer.
    """
    found = _found(text)
    own_subject = () if reply else tuple(subject)
    hostile = [one for one in (*text, *own_subject) if one.does("hostile") and one.is_likely("strange", least=_TRACE)]
    if hostile and not any(one.does("self") and one.first_person for one in found.coming):
        return Wish(Intent.UNCLEAR, concerns=_reasons("not a request to us", hostile, "hostile"))
    if found.strange and (len(found.strange) >= len(found.coming) + len(found.going) + len(found.link)):
        return Wish(Intent.UNCLEAR, concerns=_reasons("not a request to us", found.strange, "hostile"))
    told = [
        one
        for one in own_subject
        if one.does("decline_self", "decline_other") and one.is_likely("withdraws", least=_CLEAR)
    ]
    if told and not found.going and not any(one.does("self") for one in found.coming):
        found = replace(found, coming=[], going=told)
    if not (found.coming or found.going or found.link or found.left_open):
        found = _from_subject(found, own_subject, text)
    if not (found.coming or found.going or found.link or found.asking or found.thanks):
        found = _faint(found, text or own_subject)
    wishes = len(found.coming) + len(found.going) + len(found.link)
    # Who tells of an absence and then says plainly what they wish is a person.
    plainly = any(one.does("self", "decline_self", "trouble") and one.personal for one in text)
    if found.away and len(found.away) >= wishes and not plainly:
        return Wish(Intent.UNCLEAR, concerns=_reasons("reads like an absence note or a receipt", found.away))
    concerns = _reasons("asks", found.asking, "ask")
    if found.link and not found.going and not _new_people(found):
        # "Was nun?" asks for the link.
        concerns = _reasons(
            "asks", [one for one in found.asking if one.does("ask") and len(one.sentence.words) > _BRIEF], "ask"
        )
        return Wish(Intent.LINK_REQUEST, concerns=concerns, because=_reasons("link", found.link, "trouble"))
    if (
        found.already
        and found.coming
        and not found.going
        and not any(one.does("self", "other", "replace") for one in found.coming)
    ):
        because = _reasons("registered already", found.already, "registered")
        return Wish(Intent.LINK_REQUEST, concerns=concerns, because=because)
    if found.left_open and not found.going and not any(one.is_likely("comes", least=_CLEAR) for one in found.coming):
        concerns = concerns or _reasons("left open", found.left_open, "open")
        return Wish(Intent.INQUIRY, concerns=concerns, because=_reasons("left open", found.left_open, "open"))
    if found.going and not found.coming:
        found = replace(
            found,
            coming=[
                one
                for one in text
                if names(one)
                and one.does("other", "replace")
                and (one.does("replace") or one.is_likely("comes", least=max(_TRACE, one.likely.get("withdraws", 0.0))))
            ],
        )
    coming, going = _settled(found, text, names)
    if coming:
        coming = [one for one in text if one in coming or _also_comes(one)] or coming
    if coming or (listed and not going and not found.asking):
        doubts = _reasons("doubt", found.doubts, "doubt")
        because = _reasons("registers", coming, "self", "other", "any") + _reasons(
            "withdraws", going, "decline_self", "decline_other"
        )
        return Wish(Intent.REGISTRATION, tuple(coming), tuple(going), concerns + doubts, because)
    if going:
        # "Ob jemand anderes kommt, ist offen" asks nothing of anybody.
        concerns = _reasons("asks", [one for one in found.asking if one.is_likely("asks")], "ask")
        return Wish(
            Intent.CANCELLATION,
            (),
            tuple(going),
            concerns,
            _reasons("withdraws", going, "decline_self", "decline_other"),
        )
    if found.asking:
        return Wish(Intent.INQUIRY, concerns=concerns, because=concerns)
    thanks = found.thanks or [one for one in text if one.does("thanks") and not one.asks]
    if thanks and sum(len(one.sentence.words) for one in text) < _LONG:
        return Wish(Intent.UNCLEAR, because=_reasons("thanks only", thanks, "thanks"))
    return Wish(Intent.UNCLEAR, concerns=(Reason("nothing understood that we could do"),))


def _found(text: Sequence[Evidence]) -> _Found:
    coming = [one for one in text if _comes(one)]
    going = [one for one in text if _goes(one)]
    link = [one for one in text if _misses_link(one)]
    if any(one.is_likely("already") for one in text):
        link = link or [one for one in text if one.does("trouble") or one.is_likely("link", least=_FAINT)]
    asking = [one for one in text if _asks(one)]
    if asking:
        # Who asks may introduce themselves and say where they read of us; that registers nobody.
        coming = [one for one in coming if one.does("self", "any", "other") or one.is_likely("comes", least=_SURE)]
    if any(one.does("self", "any", "other") and one.is_likely("comes", least=_FAIR) for one in coming):
        # Words that only resemble others must not outweigh words that say it.
        going = [one for one in going if one.does("decline_self", "decline_other")]
        link = [one for one in link if one.does("trouble") or one.is_likely("link", least=_CLEAR)]
    if any(one.does("self", "other") for one in coming):
        going = [
            one
            for one in going
            if one.does("decline_self", "decline_other") or one.is_likely("withdraws", least=_CLEAR)
        ]
    return _Found(
        coming=[one for one in coming if not (one.does("missed", "stays") and going)],
        going=going,
        link=link,
        already=[one for one in text if one.is_likely("already") and not one.does("unsure")],
        asking=asking,
        left_open=[one for one in text if one.is_likely("open") and not (one.does("unsure") and one.does("self"))],
        doubts=[
            one for one in text if one.is_likely("doubt", least=0.4) or (one.is_likely("comes") and one.does("doubt"))
        ],
        strange=[one for one in text if one.is_likely("strange", least=_TRACE if one.does("hostile") else _CLEAR)],
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
    if one.does("decline_self", "decline_other"):
        least = _SURE if one.asks else _LIKELY
    else:
        least = _SURE if one.asks or one.does("self", "other") else _FAIR
    return one.is_likely("withdraws", least=least)


def _misses_link(one: Evidence) -> bool:
    """Whether a sentence misses the link; talk of being registered already makes that likelier."""
    return one.is_likely("link") or (one.is_likely("link", least=_FAINT) and one.is_likely("link", "already"))


def _also_comes(one: Evidence) -> bool:
    """Whether a sentence of a registering mail has words of registering, too, and nothing speaks against it."""
    against = one.does("missed", "open", "hostile", "ask", "trouble", "registered", "decline_self", "decline_other")
    otherwise = any(one.is_likely(label, least=0.4) for label in ("withdraws", "link", "asks", "already", "strange"))
    return one.does("self", "other", "any", "along") and not (against or otherwise or one.wonders)


def _asks(one: Evidence) -> bool:
    """Whether a sentence wants something of a person; with the words for it, a lesser likeness is enough."""
    if one.does("offer") or (one.does("unsure") and one.does("self") and not one.asks):
        return False
    if one.is_likely("comes", "link", "withdraws"):
        return one.does("ask") and one.is_likely("asks", least=_MIXED)
    unsettled = one.is_likely("open") and (one.does("open", "ask") or one.personal or one.asks)
    plainly = one.is_likely("asks", least=_LIKELY if one.asks or one.does("ask") or one.personal else _FAIR)
    return unsettled or plainly or (one.does("ask") and one.is_likely("asks", "open", least=_FAINT))


def _from_subject(found: _Found, subject: Sequence[Evidence], text: Sequence[Evidence]) -> _Found:
    said = _found(subject)
    if found.asking and not said.going and not any(one.does("self") for one in said.coming):
        return found
    asking = found.asking or (said.asking if all(one.is_likely("thanks") for one in text) else [])
    strange, away = found.strange or said.strange, found.away or said.away
    return replace(
        found, coming=said.coming, going=said.going, link=said.link, asking=asking, strange=strange, away=away
    )


def _faint(found: _Found, text: Sequence[Evidence]) -> _Found:
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
    if best is None or best.likely.get(label, 0) < (_FAINT if label == "asks" and best.asks else _MIXED):
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


def _new_people(found: _Found) -> bool:
    """Whether somebody registers besides the talk of a link."""
    clear = [one for one in found.coming if one.is_likely("comes", least=0.6)]
    if found.already:
        return any(one.does("other", "replace") for one in clear) and not any(one.personal for one in found.already)
    if any(one.is_likely("comes", least=_SURE) for one in clear) and not any(one.does("trouble") for one in found.link):
        return True  # "Send me the link" belongs to the registration.
    return any(one.does("self", "other", "replace") for one in clear)


def _settled(
    found: _Found, text: Sequence[Evidence], names: Callable[[Evidence], bool]
) -> tuple[list[Evidence], list[Evidence]]:
    """Coming and going of the same person contradict each other; what was written later holds."""
    coming, going = found.coming, found.going
    if not (coming and going):
        return coming, going
    places = {id(one): number for number, one in enumerate(text)}
    last_coming = max((places.get(id(one), -1) for one in coming), default=-1)
    last_going = max((places.get(id(one), -1) for one in going), default=-1)
    if going:
        # "Der Haushalt kommt auf die Tagesordnung": what comes is nobody.
        coming = [one for one in coming if one.personal or (one.does("other", "replace", "any") and names(one))]
    if any(names(one) for one in coming):
        return coming, going
    if last_coming > last_going:
        return coming, going
    return [], going


def _reasons(what: str, found: Sequence[Evidence], *acts: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(what, one.words(*acts) if acts else one.sentence.text[:120], one.sentence.where) for one in found[:6]
    )
