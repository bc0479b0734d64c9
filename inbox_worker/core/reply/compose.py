"""One Answer, rendered and put into an envelope; the only place that knows a reply's header fields."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from jinja2 import Environment

from inbox_worker.core.decision import Answer
from inbox_worker.core.delivery import Reply
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Desk
from inbox_worker.core.reply import wire
from inbox_worker.core.reply.layout import blocks, tidy
from inbox_worker.core.reply.wording import WITH_LINK, clean, context, without_links

SUBJECT = "Subject: "
"""A template begins with it: the subject for those who wrote without one."""

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


def render(answer: Answer, desk: Desk, sender: Address, environment: Environment) -> Words:
    """The words of an answer. Raises jinja2.TemplateError for templates that `check_templates` would not pass."""
    words = context(answer, desk, sender)
    head, _, letter = environment.get_template(template_name(answer)).render(words).lstrip().partition("\n")
    subject = clean(head.removeprefix(SUBJECT), _LONGEST_SUBJECT)
    text = tidy(letter)
    body, small_print = blocks(text, (event["title"] for event in words["events"]), _links(words))
    html = environment.get_template(LAYOUT).render(
        language=answer.language, subject=subject, desk=words["desk"], body=body, small_print=small_print
    )
    return Words(subject, text, html)


def _links(words: dict[str, Any]) -> dict[str, str]:
    """What may be clicked in the HTML part: the events' own addresses and our contact, nothing from a mail."""
    links = {event[key]: event[key] for event in words["events"] for key in ("link", "programme") if event.get(key)}
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
) -> Reply:
    """The mail for `answer`, threaded (RFC 5322 §3.6.4) and marked as automatic (RFC 3834 §5).

    `reply_id` is the same at every attempt, and so is then the Message-ID: `<reply_id@domain of sender>`. `now` (aware)
    becomes Date. `envelope_from` is the reverse-path, the sender's address when None.

    Raises ValueError when `answer.to` is no address to write to, when `reply_id` can't stand in a Message-ID, and when
    an answer with the access link is about no event that is still configured; jinja2.TemplateError as `render`.
    """
    if not _ID.fullmatch(reply_id):
        raise ValueError(f"not the left side of a Message-ID: {reply_id!a}")
    if answer.kind in WITH_LINK and not any(desk.event(event_id) for event_id in answer.events):
        raise ValueError(f"no such event is configured: {', '.join(answer.events) or 'none named'}")
    words = render(answer, desk, sender, environment)
    subject = wire.reply_subject(without_links(clean(answer.subject, _LONGEST_SUBJECT))) or words.subject
    own_domain = wire.ascii_address(sender.addr_spec).rpartition("@")[2]
    message_id = f"<{reply_id}@{own_domain}>"
    in_reply_to, references = wire.thread(answer.in_reply_to, answer.references)
    recipient = wire.ascii_address(answer.to.addr_spec)
    boundary, body = wire.alternatives(words.text, words.html, message_id)
    fields = [
        ("From", wire.mailbox(Address(clean(sender.name), sender.addr_spec))),
        ("To", wire.mailbox(Address(clean(answer.to.name), answer.to.addr_spec))),
        ("Subject", wire.encoded(subject)),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id),
        ("In-Reply-To", in_reply_to),
        ("References", "\r\n ".join(references)),
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", answer.language),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return Reply(
        message_id=message_id,
        envelope_from=envelope_from or sender.addr_spec,
        recipients=(recipient,),
        content=f"{head}\r\n{body}".encode(),
    )
