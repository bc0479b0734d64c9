"""May we answer? One ordered table of rules, each with its reason; an answer to a machine is the worst mistake.

Header rules (`rules`) come first, words (`signs`, phrases as data) weigh in where no header tells, and `obstacles` say
why no link may go out by itself though a person wrote. Never reads what a mail wants: that is `reading`'s task.
"""

import re
from dataclasses import dataclass, replace

from inbox_worker.core.message import Message
from inbox_worker.core.reading.parts import Parts, split
from inbox_worker.core.registration import Desk, Intent, Reason
from inbox_worker.core.request import Verdict
from inbox_worker.core.screening.obstacles import NOT_TO_US, foreign_link, obstacles
from inbox_worker.core.screening.rules import RELAYED, RULES, Rule, traces, unprompted
from inbox_worker.core.screening.signs import Texts, Weighed, weigh

__all__ = ["screen"]

_KINDS = {"auto_reply": Intent.AUTO_REPLY, "bounce": Intent.BOUNCE, "bulk": Intent.BULK}
_PROOF = 4
_HINT = 3
_ASKS = 2
"""Weight from which a person's wish is heard; a mere question mark in marketing stays below."""
_BY_NAME = 2
"""What a greeting by name adds to a person's wish: programs that answer do not know whom they answer."""
_ABSENCE = 3
"""As much as somebody who wants something from us may tell of their absence without becoming a machine by it."""
_CLICK = re.compile(r"https?://[^\s/]+/\S{8}", re.IGNORECASE)
_LEAVING = frozenset({"calls it off", "can not come"})
_LONG = 2500
"""Characters beyond which hardly anybody registers; newsletters and digests are longer."""


def screen(message: Message, desk: Desk) -> Verdict:
    """Judge whether a machine or a person wrote `message`, and whether a link may go out by itself.

    Pure. The first header rule that fires decides with the words' help; without one the words are weighed alone.
    """
    parts = split(message)
    stands = tuple(obstacles(message, desk, f"{parts.new}\n{parts.signature}"))
    scales = _Scales.of(message, parts, desk)
    verdict = _judged(message, desk, scales, stands)
    if verdict.kind in {None, Intent.BULK} and scales.fraud:
        # Whatever it pretends to be: never answered, and a person is told.
        return Verdict(Intent.UNCLEAR, certain=True, because=scales.fraud, obstacles=(*stands, *scales.fraud))
    return verdict


def _judged(message: Message, desk: Desk, scales: "_Scales", stands: tuple[Reason, ...]) -> Verdict:
    """The table of header rules, then the words."""
    for rule in RULES:
        if value := rule.check(message):
            reason = Reason(rule.name, value, rule.where)
            if rule.certain:
                return _machine(rule, reason, scales, unprompted=unprompted(message))
            return _to_many(reason, scales, personal=_is_personal(message, desk), stands=stands)
    verdict = _by_words(scales, stands)
    if verdict.kind is None and (stray := [reason for reason in stands if reason.what == NOT_TO_US]):
        # Nobody named us: a copy, a list or a mistake. Held when it reads like a registration, else left alone.
        return Verdict(Intent.BULK, because=tuple(stray), obstacles=stands)
    return verdict


@dataclass(frozen=True, slots=True)
class _Scales:
    """What the words say for each kind of machine, and for a person."""

    machine: dict[Intent, Weighed]
    person: int
    only_comes: bool
    """A person's words, but no more than that somebody takes part in something."""
    length: int
    leads_away: bool
    """Whether the writer's own text holds a link that is more than a house's address: mass mail wants a click."""
    fraud: tuple[Reason, ...]
    """Why this is an attempt to get at a password; empty when it is none."""

    @classmethod
    def of(cls, message: Message, parts: Parts, desk: Desk) -> "_Scales":
        own = weigh(Texts.of(message.subject, f"{parts.new}\n{parts.signature}"))
        # Footers of newsletters and notices below bounces are cut off as boilerplate: those kinds are weighed by all.
        text = f"{parts.new}\n{parts.signature}\n{parts.boilerplate}"
        whole = weigh(Texts.of(message.subject, text)) if parts.boilerplate else own
        machine = {kind: (own if name == "auto_reply" else whole)[name] for name, kind in _KINDS.items()}
        bulk, extra = machine[Intent.BULK], traces(message)
        machine[Intent.BULK] = Weighed(
            bulk.weight + sum(weight for _, weight, _ in extra),
            bulk.because + tuple(Reason(name, value, "header") for name, _, value in extra),
        )
        person, announced, fraud = own["person"], machine[Intent.AUTO_REPLY], whole["fraud"]
        heard = person.weight
        if heard >= _ASKS and announced.weight and _greets(parts.new, desk):
            heard += _BY_NAME
        if person.to_us or any(reason.what in _LEAVING for reason in person.because):
            comes = False
            absence = announced.by_people - min(announced.by_people, _ABSENCE)
            machine[Intent.AUTO_REPLY] = replace(announced, weight=announced.weight - absence)
        else:
            comes = _ASKS <= person.weight < _PROOF
        strange: tuple[Reason, ...] = ()
        if fraud.weight >= _PROOF and person.weight < _ASKS and (host := foreign_link(message)):
            strange = (*fraud.because, Reason("a link to somebody else's server", host, "text"))
        return cls(machine, heard, comes, len(parts.new), bool(_CLICK.search(parts.new)), strange)

    @property
    def best(self) -> tuple[Intent, Weighed]:
        """The kind for which most speaks; of equals the first of `_KINDS`."""
        return max(self.machine.items(), key=lambda item: item[1].weight)


def _greets(text: str, desk: Desk) -> bool:
    """Whether the first lines name our press contact."""
    family = desk.contact.name.split()[-1:]
    return any(re.search(rf"\b{re.escape(name)}\b", text.strip()[:80]) for name in family)


def _machine(rule: Rule, reason: Reason, scales: _Scales, *, unprompted: bool) -> Verdict:
    """A header is proof; the words only tell which kind of machine it was."""
    kind, weighed = scales.best
    if rule.fixed or weighed.weight < _HINT:
        plain = Intent.BULK if unprompted and rule.kind is Intent.AUTO_REPLY else rule.kind
        return Verdict(plain, certain=True, because=(reason,))
    return Verdict(kind, certain=True, because=(reason, *weighed.because))


def _to_many(reason: Reason, scales: _Scales, *, personal: bool, stands: tuple[Reason, ...]) -> Verdict:
    """A list or a mailing service carried it: a newsletter, a machine behind a list, or a person's mail after all."""
    kind, weighed = scales.best
    bulk = scales.machine[Intent.BULK]
    if kind is not Intent.BULK and weighed.weight >= _PROOF > bulk.weight and not scales.person:
        return Verdict(kind, certain=True, because=(reason, *weighed.because))
    if bulk.weight >= _HINT or scales.length > _LONG:
        certain = bulk.weight >= _PROOF + scales.person or scales.person < _ASKS
        return Verdict(Intent.BULK, certain, because=(reason, *bulk.because), obstacles=stands)
    if personal and reason.what == RELAYED and scales.person >= _ASKS > bulk.weight and not scales.leads_away:
        return Verdict(obstacles=stands)
    if personal:
        return Verdict(obstacles=(*stands, reason))
    return Verdict(Intent.BULK, because=(reason, *bulk.because), obstacles=stands)


def _is_personal(message: Message, desk: Desk) -> bool:
    """Addressed to us by name and offering no way to unsubscribe: a person's mail may have gone through a relay."""
    to_us = any(one.key in desk.addresses for one in message.to)
    return to_us and not message.first("List-Unsubscribe")


def _by_words(scales: _Scales, stands: tuple[Reason, ...]) -> Verdict:
    """Without any header: proof in the words, unless a person speaks; then much more is needed for less."""
    kind, weighed = scales.best
    announced = scales.machine[Intent.AUTO_REPLY]
    if announced.subject and announced.weight >= weighed.weight - 1:
        # "Automatische Antwort: …" alone never drops a mail; what then reads like a registration is held.
        certain = announced.weight >= _PROOF and scales.person < _ASKS
        return Verdict(Intent.AUTO_REPLY, certain, because=announced.because, obstacles=stands)
    if scales.only_comes and len(announced.because) > 1 and announced.weight > _PROOF:
        # "I take part in a fair until Friday; for urgent matters call the desk": held rather than believed.
        return Verdict(Intent.AUTO_REPLY, because=announced.because, obstacles=stands)
    if scales.person >= _ASKS:
        if weighed.weight >= scales.person + _PROOF:
            return Verdict(kind, because=weighed.because, obstacles=stands)
        return Verdict(obstacles=stands)
    if weighed.weight >= _HINT:
        return Verdict(kind, weighed.weight >= _PROOF, because=weighed.because, obstacles=stands)
    return Verdict(obstacles=stands)
