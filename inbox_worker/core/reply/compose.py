"""One Answer, rendered and put into an envelope; the only place that knows a reply's header fields.

The subject. Every answer names the mail it answers (In-Reply-To, References), which is what Apple Mail, Thunderbird and
Outlook gather a conversation by. Gmail wants the same subject besides. So what merely goes on with a conversation, a
receipt or a cancellation, keeps "Re: …". What brings the link, or news for everybody, gets a subject of its own, that
tells event, day and time: it is looked for weeks later, in the minutes before the event, by somebody who does not
remember what they once wrote above their mail. In Gmail it begins a conversation of its own, which every later mail
with that link joins: they have the same subject, and an answer to one of them keeps it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from jinja2 import Environment

from inbox_worker.core.decision import Answer
from inbox_worker.core.delivery import Reply
from inbox_worker.core.message import Address
from inbox_worker.core.personal import Links, is_whole
from inbox_worker.core.registration import Desk, Event, Language, OwnLink
from inbox_worker.core.reply import wire
from inbox_worker.core.reply.calendar import calendar_file
from inbox_worker.core.reply.layout import blocks, tidy
from inbox_worker.core.reply.wording import answered_events, calendar_entries, clean, context, without_links

SUBJECT = "Subject: "
"""A template begins with it: the subject of what brings the link, and for those who wrote without one."""
PREVIEW = "Preview: "
"""Then may come what a list of mails shows beside the subject,"""
BUTTON = "Button: "
"""and the words of the button that leads to the event."""

_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_SUBJECT = 250


@dataclass(frozen=True, slots=True)
class Words:
    """A rendered answer: its own subject, and the same content twice."""

    subject: str
    text: str
    html: str


def template_name(answer: Answer) -> str:
    """The template that an answer is made of."""
    return f"mail/{answer.kind.value}.{answer.language}.txt"


LAYOUT = "mail/layout.html"
"""The template that every answer's HTML part is made of."""


def render(answer: Answer, desk: Desk, sender: Address, environment: Environment, links: Links | None = None) -> Words:
    """The words of an answer. Raises jinja2.TemplateError for templates that `check_templates` would not pass.

    `links` are people's own, by event, as `compose` takes them.
    """
    words = context(answer, desk, sender, links or {})
    return letter(
        environment,
        template_name(answer),
        words,
        language=answer.language,
        titles=tuple(event["title"] for event in words["events"]),
        links=_links(words),
        doors=tuple(event["link"] for event in words["events"] if "link" in event and not event["links"]),
    )


def letter(  # noqa: PLR0913 - everything that the two parts depend on, by name
    environment: Environment,
    template: str,
    words: Mapping[str, Any],
    *,
    language: Language,
    titles: Iterable[str],
    links: Mapping[str, str],
    doors: Iterable[str] = (),
    notices: Iterable[str] = (),
    shown: Mapping[str, str] | None = None,
) -> Words:
    """A template with its words, as text and as HTML; `layout.blocks` says what most of this means.

    `doors` are the links that get the template's button. `words["desk"]` stands above the HTML part.
    """
    rendered = environment.get_template(template).render(words).lstrip()
    subject, rest = _headline(SUBJECT, rendered, always=True)
    preview, rest = _headline(PREVIEW, rest)
    button, rest = _headline(BUTTON, rest)
    text = tidy(rest)
    buttons = {link: button for link in doors if button}
    body, small_print = blocks(text, titles, links, buttons, notices=notices, shown=shown)
    html = environment.get_template(LAYOUT).render(
        language=language,
        subject=subject,
        preview=preview,
        desk=words["desk"],
        body=body,
        small_print=small_print,
    )
    return Words(subject, text, html)


def _headline(name: str, rendered: str, *, always: bool = False) -> tuple[str, str]:
    """What the first line says when it is the one of this name, and the lines after it; else '' and all lines."""
    head, _, rest = rendered.partition("\n")
    if always or head.startswith(name):
        return clean(head.removeprefix(name), _LONGEST_SUBJECT), rest
    return "", rendered


def _links(words: dict[str, Any]) -> dict[str, str]:
    """What may be clicked in the HTML part: the events' own addresses and our contact, nothing from a mail."""
    links = {
        event[key]: event[key]
        for event in words["events"]
        for key in ("link", "programme", "recording")
        if event.get(key) and not (key == "link" and event["links"])
    }
    links |= {own.link: own.link for event in words["events"] for own in event.get("links", ())}
    contact = words["contact"]
    if contact.email:
        links[contact.email] = f"mailto:{contact.email}"
    return links


def compose(  # noqa: PLR0913 - everything that an answer depends on, by name
    answer: Answer,
    *,
    reply_id: str,
    desk: Desk,
    sender: Address,
    environment: Environment,
    now: datetime,
    envelope_from: str | None = None,
    revisions: Mapping[str, int] | None = None,
    links: Links | None = None,
) -> Reply:
    """The mail for `answer`, threaded (RFC 5322 §3.6.4) and marked as automatic (RFC 3834 §5).

    `reply_id` is the same at every attempt, and so is then the Message-ID: `<reply_id@domain of sender>`. `now` (aware)
    becomes Date. `envelope_from` is the reverse-path, the sender's address when None. `revisions` counts for each event
    (by its id) the changes of time and link that people were told of, which is the SEQUENCE of its calendar file; an
    event that is not in it has had none. `links` are the links that it brings where people have one of their own.

    Raises ValueError when `answer.to` is no address to write to, when `reply_id` can't stand in a Message-ID, and when
    an answer with the access link is about no event that is still configured, or lacks somebody's own link;
    jinja2.TemplateError as `render`.
    """
    links = links or {}
    if answer.kind.carries_link and not any(desk.event(event_id) for event_id in answer.events):
        raise ValueError(f"no such event is configured: {', '.join(answer.events) or 'none named'}")
    if answer.kind.carries_link and not (answered_events(answer, desk, links) and is_whole(links)):
        raise ValueError(f"somebody's own link is missing: {', '.join(answer.events)}")
    words = render(answer, desk, sender, environment, links)
    domain = wire.ascii_address(sender.addr_spec).rpartition("@")[2]
    in_reply_to, references = wire.thread(answer.in_reply_to, answer.references)
    return envelope(
        replace(words, subject=subject_line(answer, words)),
        reply_id=reply_id,
        sender=sender,
        to=answer.to,
        language=answer.language,
        files=_files(answer, desk, revisions or {}, links, domain=domain, now=now),
        now=now,
        envelope_from=envelope_from,
        thread=(in_reply_to, references),
        answers_a_mail=answer.kind.answers_a_mail,
    )


def envelope(  # noqa: PLR0913 - everything that a mail is made of, by name
    words: Words,
    *,
    reply_id: str,
    sender: Address,
    to: Address,
    language: Language,
    files: Sequence[wire.File],
    now: datetime,
    envelope_from: str | None,
    thread: tuple[str, tuple[str, ...]] = ("", ()),
    answers_a_mail: bool = False,
) -> Reply:
    """The mail with these words and files, in the conversation `thread` (In-Reply-To, References).

    RFC 3834 §5 tells apart what `answers_a_mail` that has just come and what is sent unasked, be it in a conversation.
    Raises ValueError when `to` is no address to write to, and when `reply_id` can't stand in a Message-ID.
    """
    if not _ID.fullmatch(reply_id):
        raise ValueError(f"not the left side of a Message-ID: {reply_id!a}")
    message_id = f"<{reply_id}@{wire.ascii_address(sender.addr_spec).rpartition('@')[2]}>"
    in_reply_to, references = thread
    content_type, body = wire.body(words.text, words.html, files, message_id)
    fields = [
        ("From", wire.mailbox(Address(clean(sender.name), sender.addr_spec))),
        ("To", wire.mailbox(Address(clean(to.name), to.addr_spec))),
        ("Subject", wire.encoded(words.subject)),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id),
        ("In-Reply-To", in_reply_to),
        ("References", "\r\n ".join(references)),
        ("Auto-Submitted", "auto-replied" if answers_a_mail else "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", language),
        ("MIME-Version", "1.0"),
        ("Content-Type", content_type),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return Reply(
        message_id=message_id,
        envelope_from=envelope_from or sender.addr_spec,
        recipients=(wire.ascii_address(to.addr_spec),),
        content=f"{head}\r\n{body}".encode(),
    )


def subject_line(answer: Answer, words: Words) -> str:
    """Our own where it brings the link or news for all, unless theirs already is that one; else theirs if there is."""
    kept = wire.reply_subject(without_links(clean(answer.subject, _LONGEST_SUBJECT)))
    if answer.kind.has_own_subject and kept != wire.reply_subject(words.subject):
        return words.subject
    return kept or words.subject


def _as_told(event: Event, own: Sequence[OwnLink]) -> Event:
    """The event with the one person's own link in it, as if it were everybody's; of several people with none."""
    if not event.is_personal:
        return event
    return replace(event, link=own[0].link if len(own) == 1 else "", token_secret="", links=())


def _files(  # noqa: PLR0913 - everything that the files depend on
    answer: Answer, desk: Desk, revisions: Mapping[str, int], links: Links, *, domain: str, now: datetime
) -> list[wire.File]:
    return [
        wire.File(
            name,
            # says the same as the file (RFC 6047 §2.4)
            f"text/calendar; charset=utf-8; method={'CANCEL' if cancelled else 'PUBLISH'}",
            calendar_file(
                _as_told(event, links.get(event.id, ())),
                revision=revisions.get(event.id, 0),
                language=answer.language,
                domain=domain,
                now=now,
                cancelled=cancelled,
            ),
        )
        for name, event, cancelled in calendar_entries(answer, answered_events(answer, desk, links))
    ]
