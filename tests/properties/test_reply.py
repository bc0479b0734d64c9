"""Laws of the answers: what was put in is what any reader gets out, and no machine of ours answers it."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from inbox_worker.adapters.mime import parse
from inbox_worker.cli.explain import explained
from inbox_worker.config import load_templates
from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.message import Address
from inbox_worker.core.registration import MACHINES, Contact, Desk, Event, Registrant
from inbox_worker.core.reply import compose
from inbox_worker.core.reply.compose import render, subject_line
from inbox_worker.core.reply.wire import encoded, quoted_printable, reply_subject, thread
from inbox_worker.core.reply.wording import answered_events, calendar_entries, clean, without_links
from inbox_worker.core.screening import screen

TEMPLATES = load_templates()
CONTACT = Contact("Christina Haaf", "haaf@desk.example", "0521 1067328")
EVENTS = tuple(
    Event(
        id=each,
        title=f"Gespräch {each}",
        start=datetime(2022, 11, 24, hour, 0, tzinfo=ZoneInfo("Europe/Berlin")),
        end=datetime(2022, 11, 24, hour + 1, 0, tzinfo=ZoneInfo("Europe/Berlin")),
        link=f"https://meet.example/{each}",
        contact=CONTACT,
    )
    for each, hour in (("one", 10), ("two", 13))
)
DESK = Desk(("desk@desk.example",), EVENTS, CONTACT)

anything = st.text(max_size=80) | st.text(alphabet='aB \r\n\t"\\<>,;:@()=?_äß–„😀\u202e\x00', max_size=80)
atoms = st.text(alphabet="abcXYZ019!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=20)
specs = st.builds(
    "{}.{}@{}.example".format, atoms, atoms, st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
)
identifiers = st.builds("<{}@{}.example>".format, atoms, atoms) | anything
people = st.builds(
    Registrant,
    given_name=st.none() | anything,
    family_name=st.none() | anything,
    title=st.none() | st.just("Dr.") | anything,
    organisation=st.none() | anything,
    phone=st.none() | st.just("+495211234567") | anything,
    email=st.none() | specs,
)
crowds = st.lists(people, max_size=3).map(tuple)
answers = st.builds(
    Answer,
    kind=st.sampled_from(AnswerKind),
    language=st.sampled_from(["de", "en"]),
    to=st.builds(Address, anything, specs),
    events=st.sampled_from([("one",), ("two",), ("one", "two")]),
    greeted=st.none() | people,
    registered=crowds,
    withdrawn=crowds,
    forward_to=crowds,
    question_passed_on=st.booleans(),
    changed=st.sampled_from([(), ("time",), ("link",), ("access",), ("time", "link")]),
    in_reply_to=identifiers,
    references=st.lists(identifiers, max_size=60).map(tuple),
    subject=anything,
)
UNASKED = {
    AnswerKind.PROMOTION, AnswerKind.REMINDER, AnswerKind.CHANGE, AnswerKind.MOVED, AnswerKind.CALLED_OFF,
    AnswerKind.MESSAGE, AnswerKind.FOLLOWUP,
}  # fmt: skip
FIELDS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
}  # fmt: skip


def raw(answer: Answer, sender: Address) -> bytes:
    now = datetime(2022, 11, 8, 9, 30, tzinfo=UTC)
    return compose(answer, reply_id="r1", desk=DESK, sender=sender, environment=TEMPLATES, now=now).content


def display_name(content: bytes, field: str) -> str:
    """The name by RFC 2047 §6.2, where it takes several encoded words.

    The library's parser of addresses puts spaces between those, its decoder of header fields rightly does not.
    """
    name = message_from_bytes(content, policy=policy.compat32)[field].rpartition(" <")[0]
    return str(make_header(decode_header(name))) if name.count("=?utf-8?b?") > 1 else ""


@given(answers, anything)
def test_the_standard_library_reads_exactly_what_was_put_in(answer: Answer, name: str) -> None:
    sender = Address(name, "desk@desk.example")
    content = raw(answer, sender)
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert set(message.keys()) <= FIELDS
    assert len(message.keys()) == len(set(message.keys()))
    for field, address in (("From", sender), ("To", answer.to)):
        header = message[field]
        assert isinstance(header, AddressHeader)
        (mailbox,) = header.addresses
        assert (display_name(content, field) or mailbox.display_name) == clean(address.name)
        assert mailbox.addr_spec == address.addr_spec
    parent, chain = thread(answer.in_reply_to, answer.references)
    assert (message["In-Reply-To"] or "", (message["References"] or "").split()) == (parent, list(chain))
    words = render(answer, DESK, sender, TEMPLATES)
    kept = reply_subject(without_links(clean(answer.subject, 250)))
    assert message["Subject"] == (words.subject if answer.kind.has_own_subject else kept or words.subject)
    for kind, body in (("plain", words.text), ("html", words.html)):
        part = message.get_body((kind,))
        assert part is not None
        assert part.get_content().replace("\r\n", "\n") == body
    wanted = calendar_entries(answer, answered_events(answer, DESK))
    assert [part.get_filename() for part in message.iter_attachments()] == [entry.name for entry in wanted]


@given(answers)
def test_a_composed_mail_is_ascii_in_lines_that_every_server_takes(answer: Answer) -> None:
    content = raw(answer, Address("Müller", "desk@desk.example"))
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998


@given(answers)
def test_no_reply_of_ours_is_ever_answered(answer: Answer) -> None:
    """Neither when it comes back to us, nor by another desk that runs this software and does not know our address.

    It says itself whether a mail that came led to it (RFC 3834 §5), also where it goes on with a conversation.
    """
    message = parse(raw(answer, Address("Zukunftswerkstatt", "desk@desk.example")))
    assert message.first("Auto-Submitted") == ("auto-generated" if answer.kind in UNASKED else "auto-replied")
    stranger = replace(DESK, addresses=("registration@elsewhere.example",))
    for desk in (DESK, stranger):
        verdict = screen(message, desk)
        assert verdict.kind in MACHINES
        assert verdict.certain


@given(answers, st.sampled_from(["registration@elsewhere.example", "desk@desk.example"]))
def test_a_reply_of_ours_says_by_its_words_alone_that_a_machine_wrote_it(answer: Answer, receiver: str) -> None:
    """So a gateway that strips header fields and a forwarding to another such desk can't make two desks talk."""
    answer = replace(answer, to=Address("", receiver), subject="Fachdiskurs")
    head, _, body = raw(answer, Address("Zukunftswerkstatt", "desk@desk.example")).partition(b"\r\n\r\n")
    telling = (b"Auto-Submitted:", b"X-Auto-Response-Suppress:")
    kept = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(telling))
    verdict = screen(parse(kept + b"\r\n\r\n" + body), replace(DESK, addresses=(receiver,)))
    assert verdict.kind in MACHINES
    assert verdict.certain


@given(answers)
def test_nobody_is_registered_by_quoting_our_answer(answer: Answer) -> None:
    words = render(answer, DESK, Address("Zukunftswerkstatt", "desk@desk.example"), TEMPLATES)
    quoted = "".join(f"> {line}\n" for line in words.text.splitlines())
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Message-ID"] = "ann@bote.example", "desk@desk.example", "<again@bote.example>"
    mail["Subject"] = f"AW: {subject_line(answer, words)}"
    mail["Date"] = "Thu, 10 Nov 2022 10:00:00 +0100"
    mail.set_content(f"Vielen Dank, ist angekommen!\n\nAm 10.11.2022 um 09:30 schrieb Zukunftswerkstatt:\n{quoted}")
    decision = explained(mail.as_bytes(), DESK)
    assert decision["registrants"] == decision["withdrawn"] == []
    assert not decision["sends_link"]


@given(answers)
def test_nobody_can_put_a_link_into_our_answer(answer: Answer) -> None:
    html = render(answer, DESK, Address("", "desk@desk.example"), TEMPLATES).html
    targets = {part.partition('"')[0] for part in html.split('href="')[1:]}
    assert targets <= {event.link for event in EVENTS} | {f"mailto:{CONTACT.email}"}


@given(st.text(max_size=300))
def test_encoded_words_keep_every_character(value: str) -> None:
    value = clean(value, 300)
    message = message_from_bytes(f"Subject: {encoded(value)}\r\n\r\n".encode(), policy=policy.default)
    assert message["Subject"] == value
    assert all(len(line) <= 76 for line in encoded(value).split("\r\n") if "=?utf-8?b?" in line)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=500))
def test_quoted_printable_keeps_every_character(value: str) -> None:
    content = quoted_printable(value)
    message = message_from_bytes(
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{content}".encode(),
        policy=policy.default,
    )
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == value
