"""What a mail wants, weighed from the evidence of all its sentences.

Never looks at events, and never guesses: what no sentence says is unclear, and a person sees it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.reading.signs import CLEAR, LIKELY, SURE, TRACE, Found, also_comes, faint, found_in, from_subject
from inbox_worker.core.registration import Intent, Reason

_LONG = 60
_BRIEF = 6
_SAYS_SOMETHING = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """What a mail wants: its intent, the sentences that said so, and what a person must see besides."""

    intent: Intent
    coming: tuple[Evidence, ...] = ()
    going: tuple[Evidence, ...] = ()
    concerns: tuple[Reason, ...] = ()
    because: tuple[Reason, ...] = ()
    unread: tuple[str, ...] = ()
    """What stands beside mere thanks and is like nothing known."""


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
    found = found_in(text)
    own_subject = () if reply else tuple(subject)
    hostile = [one for one in (*text, *own_subject) if one.does("hostile") and one.is_likely("strange", least=TRACE)]
    if hostile and not any(one.does("self") and one.first_person for one in found.coming):
        return Wish(Intent.UNCLEAR, concerns=_reasons("not a request to us", hostile, "hostile"))
    if found.strange and (len(found.strange) >= len(found.coming) + len(found.going) + len(found.link)):
        return Wish(Intent.UNCLEAR, concerns=_reasons("not a request to us", found.strange, "hostile"))
    told = [
        one
        for one in own_subject
        if one.does("decline_self", "decline_other") and one.is_likely("withdraws", least=CLEAR)
    ]
    if told and not found.going and not any(one.does("self") for one in found.coming):
        found = replace(found, coming=[], going=told)
    if not (found.coming or found.going or found.link or found.left_open):
        found = from_subject(found, own_subject, text)
    if not (found.coming or found.going or found.link or found.asking or found.thanks):
        found = faint(found, text or own_subject)
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
        and not listed
        and not any(one.does("self", "other", "replace") for one in found.coming)
    ):
        because = _reasons("registered already", found.already, "registered")
        return Wish(Intent.LINK_REQUEST, concerns=concerns, because=because)
    if found.left_open and not found.going and not any(one.is_likely("comes", least=CLEAR) for one in found.coming):
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
                and (one.does("replace") or one.is_likely("comes", least=max(TRACE, one.likely.get("withdraws", 0.0))))
            ],
        )
    coming, going = _settled(found, text, names)
    if coming:
        coming = [one for one in text if one in coming or also_comes(one)] or coming
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
        unread = tuple(one.sentence.text for one in text if _is_unread(one))
        return Wish(Intent.UNCLEAR, because=_reasons("thanks only", thanks, "thanks"), unread=unread)
    return Wish(Intent.UNCLEAR, concerns=(Reason("nothing understood that we could do"),))


def _new_people(found: Found) -> bool:
    """Whether somebody registers besides the talk of a link."""
    clear = [one for one in found.coming if one.is_likely("comes", least=0.6)]
    if found.already:
        return any(one.does("other", "replace") for one in clear) and not any(one.personal for one in found.already)
    if any(one.is_likely("comes", least=SURE) for one in clear) and not any(one.does("trouble") for one in found.link):
        return True  # "Send me the link" belongs to the registration.
    return any(one.does("self", "other", "replace") for one in clear)


def _settled(
    found: Found, text: Sequence[Evidence], names: Callable[[Evidence], bool]
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


def _is_unread(one: Evidence) -> bool:
    """Whether a sentence of several words is like none of the kinds that we know."""
    return len(one.sentence.words) >= _SAYS_SOMETHING and max(one.likely.values(), default=0.0) < LIKELY


def _reasons(what: str, found: Sequence[Evidence], *acts: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(what, one.words(*acts) if acts else one.sentence.text[:120], one.sentence.where) for one in found[:6]
    )
