"""Answers to people who do not exist: one row for each kind shows what it looks like, further ones where it differs.

For `inbox-worker preview` and whoever edits the templates. What `check` tries is harder on them, and stands there.
"""

from collections.abc import Iterator
from typing import NamedTuple

from inbox_worker.core.decision import Answer, AnswerKind, Waiting
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Desk, Language, Registrant, Status

_ANKE = Registrant(
    "Anke",
    "Terhorst",
    title="Dr.",
    organisation="Neue Beispielzeitung",
    role="Redakteurin",
    phone="+495211234567",
    email="terhorst@zeitung.example",
)
_JANNIK = Registrant("Jannik", "Osterkamp", organisation="Radio Beispiel", email="osterkamp@radio.example")
_MEIKE = Registrant("Meike", "van der Straat", organisation="Stadt Musterhausen", role="Pressesprecherin")


_TEXT: dict[Language, str] = {
    "de": "Ihre Fragen beantworten wir auch danach gern, am schnellsten am Telefon.",
    "en": "We are happy to answer your questions afterwards as well, most quickly by phone.",
}


class Sample(NamedTuple):
    """What differs from one sample to the next; `name` tells it apart from the kind's first, whose name is ''."""

    name: str = ""
    greeted: Registrant | None = _ANKE
    registered: tuple[Registrant, ...] = ()
    withdrawn: tuple[Registrant, ...] = ()
    forward_to: tuple[Registrant, ...] = ()
    waiting: tuple[Registrant, ...] = ()
    pending: tuple[Registrant, ...] = ()
    question: bool = False
    changed: tuple[str, ...] = ()
    text: bool = False
    events: int = 1
    """About so many events."""


SAMPLES: dict[AnswerKind, tuple[Sample, ...]] = {
    AnswerKind.CONFIRMATION: (
        Sample(registered=(_ANKE,)),
        Sample("several", registered=(_ANKE, _JANNIK, _MEIKE), forward_to=(_MEIKE,), question=True, events=2),
        Sample("half", registered=(_ANKE,), waiting=(_JANNIK,)),
        Sample("nameless", greeted=None, registered=(_MEIKE,), withdrawn=(_JANNIK,)),
    ),
    AnswerKind.LINK: (Sample(registered=(_ANKE,)), Sample("nameless", greeted=None)),
    AnswerKind.CANCELLATION: (Sample(withdrawn=(_ANKE,)), Sample("colleague", withdrawn=(_JANNIK,), question=True)),
    AnswerKind.WAITLIST: (Sample(waiting=(_ANKE,)),),
    AnswerKind.PENDING: (Sample(pending=(_ANKE,)),),
    AnswerKind.PROMOTION: (Sample(registered=(_ANKE,)),),
    AnswerKind.REMINDER: (Sample(registered=(_ANKE,)),),
    AnswerKind.WHICH: (Sample(events=2),),
    AnswerKind.CORRECTION: (
        Sample(registered=(_ANKE,)),
        Sample("several", registered=(_ANKE, _JANNIK), question=True),
    ),
    AnswerKind.NOTED: (Sample(waiting=(_ANKE,)), Sample("pending", pending=(_ANKE,))),
    AnswerKind.EARLY: (Sample(),),
    AnswerKind.CLOSED: (Sample(),),
    AnswerKind.OVER: (Sample(),),
    AnswerKind.CHANGE: (
        Sample(registered=(_ANKE,), changed=("time",)),
        Sample("link", registered=(_ANKE,), changed=("link",)),
        Sample("access", registered=(_ANKE,), changed=("access",)),
        Sample("all", registered=(_ANKE,), changed=("time", "link", "access"), text=True),
    ),
    AnswerKind.MOVED: (
        Sample(waiting=(_ANKE,), changed=("time",)),
        Sample("pending", pending=(_ANKE,), changed=("time",)),
    ),
    AnswerKind.CALLED_OFF: (
        Sample(registered=(_ANKE,), text=True),
        Sample("waiting", waiting=(_ANKE,)),
        Sample("late"),
    ),
    AnswerKind.MESSAGE: (Sample(registered=(_ANKE,), text=True),),
    AnswerKind.FOLLOWUP: (Sample(registered=(_ANKE,)), Sample("text", registered=(_ANKE,), text=True)),
    AnswerKind.RECEIPT: (Sample(question=True), Sample("general", greeted=None, question=True, events=0)),
}
"""One row for each kind; a kind without one fails a test."""


def samples(kind: AnswerKind, language: Language, desk: Desk, event: str = "") -> Iterator[tuple[str, Answer]]:
    """The sample answers of a kind with their names; about `event` (an id) first of all, the desk's first for ''."""
    ids = [each.id for each in desk.events]
    if event in ids:
        ids = [event, *(each for each in ids if each != event)]
    for sample in SAMPLES[kind]:
        yield (
            f"{kind.value}-{sample.name}" if sample.name else kind.value,
            Answer(
                kind,
                language,
                Address(_ANKE.name, "terhorst@zeitung.example"),
                tuple(ids[: sample.events]),
                greeted=sample.greeted,
                registered=sample.registered,
                withdrawn=sample.withdrawn,
                forward_to=sample.forward_to,
                waiting=(
                    *(Waiting(ids[0], one) for one in sample.waiting),
                    *(Waiting(ids[0], one, Status.PENDING) for one in sample.pending),
                ),
                question_passed_on=sample.question,
                changed=sample.changed,
                text=_TEXT[language] if sample.text else "",
                in_reply_to="<sample@zeitung.example>",
                subject={"de": "Anmeldung", "en": "Registration"}[language],
            ),
        )
