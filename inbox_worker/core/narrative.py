"""What happened, told in one German sentence for the press office: the `text` of a journal line.

Only values that stand in the entry are told. Control and direction characters never get here: a Message holds none.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from inbox_worker.core.caps import Cap
from inbox_worker.core.courtesy import shown_name
from inbox_worker.core.decision import ANSWERED_ALREADY
from inbox_worker.core.entries import (
    Asked,
    Baseline,
    CapReached,
    Corrected,
    DigestOwed,
    DigestSkipped,
    Entry,
    EventCancelled,
    EventTold,
    Filed,
    FilingTaken,
    LinkGiven,
    LinkMissing,
    MailRecorded,
    Offered,
    Promoted,
    Registered,
    ReplyClaimed,
    ReplyDeferred,
    ReplyDropped,
    ReplyFailed,
    ReplyInDoubt,
    ReplyOwed,
    ReplyReleased,
    ReplySent,
    Settled,
    Undeliverable,
    Withdrawn,
)
from inbox_worker.core.registration import Registrant, Status
from inbox_worker.core.terms import ANSWERS, INTENTS, german


def narrate(  # noqa: C901, PLR0912 - one arm for each kind of entry
    entry: Entry, titles: Mapping[str, str], zone: ZoneInfo
) -> str:
    """One sentence about `entry`; `titles` by event id, times in `zone`."""
    match entry:
        case Baseline():
            since = _time(entry.since, zone)
            return f"Ab hier werden neue Mails in „{entry.folder}“ bearbeitet (eingegangen ab dem {since})."
        case MailRecorded():
            return _mail(entry)
        case Registered(status=Status.WAITLISTED):
            who = _person(entry.registrant, entry.address)
            return f"Auf der Warteliste für {_title(entry.event, titles)}: {who}."
        case Registered(status=Status.PENDING):
            who = _person(entry.registrant, entry.address)
            return f"Angemeldet zu {_title(entry.event, titles)}, noch nicht freigegeben: {who}."
        case Promoted():
            who = _person(entry.registrant, entry.address) if entry.address else "jemand von der Warteliste"
            return f"Nachgerückt zu {_title(entry.event, titles)}: {who}."
        case Registered():
            return f"Angemeldet zu {_title(entry.event, titles)}: {_person(entry.registrant, entry.address)}."
        case Withdrawn(registration=""):
            who = _person(entry.registrant, entry.address)
            return f"Absage für {_title(entry.event, titles)}, ohne vorherige Anmeldung: {who}."
        case Withdrawn():
            return f"Abgemeldet von {_title(entry.event, titles)}: {_person(entry.registrant, entry.address)}."
        case Corrected():
            return _corrected(entry, titles)
        case ReplyOwed():
            what = f": {ANSWERS[entry.answer.kind]} an {entry.answer.to.addr_spec}" if entry.answer else ""
            return f"Antwort vorgemerkt{what}."
        case ReplyClaimed():
            return f"Die Antwort{_to(entry.to)} wird jetzt übergeben."
        case ReplyReleased():
            return "Der Mailserver war nicht bereit; die Antwort wartet."
        case ReplySent(draft=True):
            return f"Die Antwort{_to(entry.to)} liegt als Entwurf bereit."
        case ReplySent():
            return f"Die Antwort{_to(entry.to)} ist versandt."
        case ReplyDeferred():
            return (
                f"Die Antwort{_to(entry.to)} wurde vorerst nicht angenommen ({_answer(entry.code, entry.response)}); "
                f"nächster Versuch am {_when(entry.until, zone)}."
            )
        case ReplyInDoubt():
            return (
                f"Unklar, ob die Antwort{_to(entry.to)} ankam: Die Verbindung brach ab ({entry.response}). "
                f"Wird am {_when(entry.until, zone)} geprüft."
            )
        case ReplyDropped():
            return f"Die Mail{_to(entry.to)} entfällt: {entry.why}"
        case ReplyFailed(code=0):
            return f"Bitte ansehen: Die Antwort{_to(entry.to)} wird nicht weiter versucht. {entry.response}"
        case ReplyFailed():
            return (
                f"Bitte ansehen: Die Antwort{_to(entry.to)} ist unzustellbar ({_answer(entry.code, entry.response)})."
            )
        case Offered():
            return f"Zur Freigabe bereit: {_withheld(entry, titles)}."
        case Asked():
            return f"Nachgefragt, welche Veranstaltung gemeint ist: {_either(entry.events, titles)}."
        case Settled():
            whose = f"Die Mail von {entry.sender}" if entry.sender else "Eine Mail"
            return f"{whose} ist {'freigegeben' if entry.released else 'erledigt'}."
        case Undeliverable():
            why = f" ({entry.response})" if entry.response else ""
            whom = entry.address or "eine gelöschte Adresse"
            return (
                f"Bitte ansehen: Unsere Mail an {whom} ist als unzustellbar zurückgekommen{why}. "
                "An diese Adresse geht von selbst nichts mehr."
            )
        case CapReached():
            return _cap(entry)
        case FilingTaken():
            return f"{_mails(len(entry.uids), 'wird', 'werden')} nun von „{entry.worker}“ im Postfach abgelegt."
        case Filed():
            return f"{_mails(len(entry.uids), 'ist', 'sind')} im Postfach abgelegt."
        case EventTold(revision=0):
            return f"Angaben zu {_title(entry.event, titles)} notiert: Beginn am {_when(entry.start, zone)}."
        case EventTold():
            return _changed(entry, titles, zone)
        case EventCancelled():
            return (
                f"Abgesagt: {_title(entry.event, titles)}. Wer angemeldet ist oder wartet, bekommt eine Nachricht; wer "
                "sich noch anmeldet, erfährt es in der Antwort."
            )
        case LinkGiven():
            whom = _person(entry.registrant, entry.address) if entry.address else "eine Person auf der Liste"
            return f"Persönlicher Zugangslink zu {_title(entry.event, titles)} vergeben an {whom}."
        case LinkMissing():
            return _missing(entry, titles)
        case DigestOwed(event=""):
            return f"Bericht für die Pressestelle vorgemerkt{_to(entry.to)}."
        case DigestOwed():
            return f"Bericht vor Beginn von {_title(entry.event, titles)} vorgemerkt{_to(entry.to)}."
        case DigestSkipped(off=True):
            return "Die Pressestelle erhält keine Berichte mehr."
        case DigestSkipped(first=True):
            return "Von jetzt an erhält die Pressestelle Berichte."
        case DigestSkipped():
            return "Kein Bericht für die Pressestelle: Seit dem letzten ist nichts geschehen."
        case _ as never:
            assert_never(never)


def _corrected(entry: Corrected, titles: Mapping[str, str]) -> str:
    before = entry.before.full_name or "Angaben"
    now = _person(entry.registrant, entry.address) or "gelöscht"
    return f"Berichtigt bei {_title(entry.event, titles)}: {before}, jetzt: {now}."


def _either(events: Iterable[str], titles: Mapping[str, str]) -> str:
    return " oder ".join(_title(event, titles) for event in events)


def _changed(entry: EventTold, titles: Mapping[str, str], zone: ZoneInfo) -> str:
    said = []
    if "time" in entry.changed:
        what, now, was = "Beginn", entry.start, entry.was_start
        if now == was:
            what, now, was = "Ende", entry.end, entry.was_end
        before = f" (vorher {_when(was, zone)})" if was else ""
        said.append(f"{what} jetzt am {_when(now, zone)}{before}")
    said += [words for what, words in _NEW.items() if what in entry.changed]
    start = f"Geändert: {_title(entry.event, titles)}: {', '.join(said) or 'neue Angaben'}."
    if not entry.outdated:
        return f"{start} Niemand hat noch die alten Angaben."
    people = "Eine Person hat" if entry.outdated == 1 else f"{entry.outdated} Personen haben"
    return f"{start} {people} noch die alten Angaben (inbox-worker notify {entry.event} --reason change)."


def _missing(entry: LinkMissing, titles: Mapping[str, str]) -> str:
    whom = _person(entry.registrant, entry.address) if entry.address else "eine Person auf der Liste"
    start = f"Bitte ansehen: Für {whom} gibt es keinen Zugangslink zu {_title(entry.event, titles)}"
    if entry.gone:
        return (
            f"{start} mehr: Der vergebene steht nicht mehr in der Datei (links_file). Mails mit dem Link warten, bis "
            f"er wieder darin steht oder ein neuer vergeben ist (inbox-worker notify {entry.event} --reason change)."
        )
    return f"{start}: Alle sind vergeben. Mails mit dem Link warten, bis die Datei (links_file) ergänzt ist."


_NEW: dict[str, str] = {"link": "neuer Zugangslink", "access": "neue Einwahldaten"}


def _mails(count: int, one: str, many: str) -> str:
    return f"Eine Mail {one}" if count == 1 else f"{count} Mails {many}"


def _mail(entry: MailRecorded) -> str:
    sender = f"{entry.name} <{entry.sender}>" if entry.name and entry.sender else entry.sender or "unbekannt"
    subject = f"Betreff „{entry.subject}“" if entry.subject else "ohne Betreff"
    start = f"Mail von {sender}, {subject}: {INTENTS[entry.intent]}."
    match entry.outcome:
        case "held":
            return f"{start} Bitte ansehen: {german(entry.concerns)}."
        case "automatic":
            return f"{start} Bleibt unbeantwortet: {german(entry.because)}."
        case "copy":
            return f"Mail von {sender}, {subject}: schon bekannt, nicht noch einmal bearbeitet."
        case _:
            answered = any(reason.what == ANSWERED_ALREADY for reason in entry.because)
            return f"{start} Sie war schon beantwortet." if answered else start


def _withheld(entry: Offered, titles: Mapping[str, str]) -> str:
    withheld = entry.withheld
    said = [
        *(
            f"{_person(one.registrant, one.address)} anmelden zu {_title(one.event, titles)}"
            for one in withheld.joining
        ),
        *(
            f"{_person(one.registrant, one.address)} abmelden von {_title(one.event, titles)}"
            for one in withheld.leaving
        ),
        *(f"berichtigen: {_person(one.registrant, one.address)}" for one in withheld.correcting),
        *(f"{ANSWERS[answer.kind]} an {answer.to.addr_spec}" for answer in withheld.answers),
    ]
    return "; ".join(said) or "die Angaben sind gelöscht"


_CAPS: dict[str, str] = {
    Cap.THREAD: "zum selben Betreff",
    Cap.ADDRESS: "von dieser Adresse",
    Cap.TEXT: "mit demselben Text",
    Cap.DOMAIN: "aus diesem Haus",
    Cap.ALL: "",
}


def _cap(entry: CapReached) -> str:
    what = " ".join(filter(None, [f"mehr als {entry.limit} Mails", _CAPS.get(entry.cap, "")]))
    span = "einer Stunde" if entry.hours == 1 else f"{entry.hours} Stunden"
    whom = f" ({entry.whom})" if entry.whom else ""
    return (
        f"Bitte ansehen: In {span} kamen {what}{whom}. Was darüber hinausgeht, wird nicht beantwortet, sondern "
        "zurückgehalten, bis es ruhiger wird. Dieser Hinweis kommt höchstens einmal am Tag."
    )


def _person(registrant: Registrant, address: str) -> str:
    said = (shown_name(registrant), registrant.role, registrant.organisation, registrant.phone)
    facts = ", ".join(part for part in said if part)
    return f"{facts} ({address})" if facts else address


def _title(event: str, titles: Mapping[str, str]) -> str:
    return f"„{titles.get(event, event)}“"


def _time(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d.%m.%Y, %H:%M Uhr")


def _when(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d.%m.%Y um %H:%M Uhr")


def _to(address: str) -> str:
    return f" an {address}" if address else ""


def _answer(code: int, response: str) -> str:
    return f"{code or ''} {response}".strip()
