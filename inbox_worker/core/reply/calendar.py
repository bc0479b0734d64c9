"""An event as the file that a calendar program takes (RFC 5545): what a journalist would otherwise type by hand.

METHOD:PUBLISH, as an attachment, with neither ORGANIZER nor ATTENDEE. Why:

- a part that Outlook finds inside of the mail, or one with METHOD:REQUEST, becomes an invitation with buttons to accept
  and decline, whose answers would come to the desk as mail (betagouv/rdv-service-public, pull requests 686 and 6704);
  an attached file is opened and saved, or added, in Outlook, Apple's calendar, Google's and Thunderbird;
- an ORGANIZER is for what is scheduled by a group (RFC 5545 §3.8.4.3); with one, Outlook was seen to ask for an answer
  all the same (civicrm/civicrm-core, pull request 28954). RFC 5546 §3.2.1 wants one for PUBLISH, for programs that
  schedule by mail, which nobody is to do here. Whom to ask stands in CONTACT and DESCRIPTION;
- the UID is always the same for an event, so the file of a second mail replaces the entry instead of doubling it, and
  METHOD:CANCEL finds it. SEQUENCE is raised when time or link change; of two with one number the later DTSTAMP holds.

By hand, since the library takes a tenth of a second to be imported, by every command; two others read it in the tests.
"""

from datetime import UTC, datetime
from functools import lru_cache

from inbox_worker.core.message import CALENDAR_PRODUCT
from inbox_worker.core.registration import Contact, Event, Language
from inbox_worker.core.reply.timezone import needs_utc, vtimezone, zone_name
from inbox_worker.core.reply.wording import clean, dialled

_LONGEST_LINE = 75
_STAMP = "\r\nDTSTAMP:{}\r\n"
_LOCAL, _UTC = "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"

_SEVERAL: dict[Language, str] = {
    "de": "Die persönlichen Zugangslinks stehen in der Mail, mit der dieser Termin kam.",
    "en": "The personal access links are in the e-mail that this entry came with.",
}
"""What stands in the place of the link where several people have one each: an entry must not give one to all."""

_LABELS: dict[Language, tuple[str, str, str, str, str, str, str]] = {
    "de": ("Zugangslink", "Einwahl per Telefon", "Meeting-ID", "Kenncode", "Programm", "Fragen?", "Telefon"),
    "en": ("Access link", "Dial-in by phone", "Meeting ID", "Passcode", "Programme", "Questions?", "phone"),
}


def calendar_file(  # noqa: PLR0913 - everything that the file depends on, by name
    event: Event, *, revision: int, language: Language, domain: str, now: datetime, cancelled: bool = False
) -> bytes:
    """The VCALENDAR with this one event, for people who are registered; with `cancelled`, the one that takes it out.

    `revision` (0 or more) becomes SEQUENCE, `domain` is our own and stands in the UID, `now` (aware) becomes DTSTAMP.
    A file that takes the event out holds neither the link nor anything else that opens the door. An event without a
    link is one at which each of several people has their own.
    """
    # named apart, since moments are equal in whatever zone they are told, and so would be two events
    zone = "" if needs_utc(event.start, event.end) else zone_name(event.start)
    made = _file(event, zone, revision, language, domain, cancelled)
    return made.replace(_STAMP, _STAMP.format(now.astimezone(UTC).strftime(_UTC)), 1).encode()


@lru_cache(maxsize=256)
def _file(  # noqa: PLR0913, PLR0917 - the key of the cache
    event: Event, zone: str, revision: int, language: Language, domain: str, cancelled: bool
) -> str:
    """All but the time of writing; `zone` is '' for times in UTC."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{CALENDAR_PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if cancelled else 'PUBLISH'}",
        *(vtimezone(event.start, event.end) if zone else ()),
        "BEGIN:VEVENT",
        f"UID:{text(event.id)}@{domain}",
        "DTSTAMP:{}",
        f"SEQUENCE:{revision}",
        _moment("DTSTART", event.start, zone),
        _moment("DTEND", event.end, zone),
        f"SUMMARY:{_summary(event, language)}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        f"CONTACT:{text(_reach(event.contact, language))}",
        *(() if cancelled else _open(event, language)),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{fold(line)}\r\n" for line in lines)


def _open(event: Event, language: Language) -> tuple[str, ...]:
    """How to come in, and the alarm."""
    link = "".join(clean(event.link, 2000).split())
    return (
        *((f"LOCATION:{text(link)}", f"URL:{link}") if link else ()),
        f"DESCRIPTION:{text(_description(event, language))}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        f"DESCRIPTION:{_summary(event, language)}",
        "END:VALARM",
    )


def _summary(event: Event, language: Language) -> str:
    return text(clean(event.short_title_in(language), 300))


def _description(event: Event, language: Language) -> str:
    *labels, questions, _ = _LABELS[language]
    values = (event.link, event.dial_in, event.meeting_id, event.passcode, event.programme)
    several = () if event.link else (_SEVERAL[language],)
    facts = [f"{label}: {clean(value, 2000)}" for label, value in zip(labels, values, strict=True) if value]
    title = clean(event.title_in(language), 300)
    return "\n".join((title, "", *several, *facts, "", f"{questions} {_reach(event.contact, language)}"))


def _reach(contact: Contact, language: Language) -> str:
    phone = f"{_LABELS[language][-1]} {dialled(contact.phone, language)}" if contact.phone else ""
    return ", ".join(clean(each) for each in (contact.name, contact.email, phone) if each)


def _moment(name: str, moment: datetime, zone: str) -> str:
    if zone:
        return f"{name};TZID={zone}:{moment.strftime(_LOCAL)}"
    return f"{name}:{moment.astimezone(UTC).strftime(_UTC)}"


def text(value: str) -> str:
    """A value of type TEXT (§3.3.11): one line, whatever was in it; only our own line ends become line ends again."""
    lines = (clean(line, 5000) for line in value.split("\n"))
    escaped = (line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,") for line in lines)
    return "\\n".join(escaped)


def fold(line: str) -> str:
    """§3.1: no line longer than 75 octets, and no character cut in two."""
    folded, size = [], 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LONGEST_LINE:
            folded.append("\r\n ")
            size = 1
        folded.append(character)
        size += octets
    return "".join(folded)
