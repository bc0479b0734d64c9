"""What the worker may rely on in every transport: kept by the fake, and by the adapter against aiosmtpd and Postfix."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.config import SmtpSettings
from inbox_worker.core.delivery import Delivered, Reply, Stage, Trouble
from inbox_worker.worker.ports import Transport
from tests.fakes import FakeTransport
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited
from tests.servers.smtpd import Smtpd, smtpd

_people = itertools.count(1)

SENDER = "desk+r1=abc@zukunft.example"


def reply(*recipients: str, text: str = "Guten Tag") -> Reply:
    fields = (
        "From: desk@zukunft.example\r\nDate: Thu, 03 Nov 2022 10:00:00 +0100\r\nMessage-ID: <1@zukunft.example>\r\n"
    )
    content = f"{fields}\r\n{text}\r\n".encode()
    return Reply("<1@zukunft.example>", SENDER, recipients, content)


@dataclass(frozen=True, slots=True)
class Bench:
    """A transport under test, and the mailboxes behind it: `received` are the contents that lie with a recipient."""

    transport: Transport
    received: Callable[[str], Awaitable[list[bytes]]]


def _of_fake(fake: FakeTransport) -> Bench:
    async def received(recipient: str) -> list[bytes]:
        return [each.content for each in fake.sent if recipient in each.recipients]

    return Bench(fake, received)


def _of_smtpd(server: Smtpd) -> Bench:
    async def received(recipient: str) -> list[bytes]:
        found = [envelope.original_content for envelope in server.accepted if recipient in envelope.rcpt_tos]
        return [content for content in found if content is not None]

    settings = SmtpSettings(host=server.host, port=server.port, security="none", timeout=10)
    return Bench(SmtpTransport(settings), received)


def _of_postfix(server: Postfix, dovecot: Dovecot) -> Bench:
    async def received(recipient: str) -> list[bytes]:
        mails = await asyncio.to_thread(awaited, dovecot, recipient)
        assert all(mail.startswith(f"Return-Path: <{SENDER}>\r\n".encode()) for mail in mails)
        return [mail[mail.index(b"From: desk@") :] for mail in mails]

    settings = SmtpSettings(host=server.host, port=server.smtp, security="starttls", ca_file=server.ca_file, timeout=20)
    return Bench(SmtpTransport(settings), received)


@pytest.fixture(params=["fake", "aiosmtpd", "postfix"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "fake":
        yield _of_fake(FakeTransport())
    elif request.param == "aiosmtpd":
        async with smtpd() as server:
            made = _of_smtpd(server)
            yield made
            await made.transport.close()
    else:
        made = _of_postfix(request.getfixturevalue("postfix"), request.getfixturevalue("dovecot"))
        yield made
        await made.transport.close()


@pytest.fixture
def person() -> str:
    return f"person{next(_people)}@zeitung.example"


async def test_a_reply_lies_with_its_recipient(bench: Bench, person: str) -> None:
    assert isinstance(await bench.transport.deliver(reply(person)), Delivered)
    assert await bench.received(person) == [reply(person).content]


async def test_the_bytes_arrive_as_they_were_composed(bench: Bench, person: str) -> None:
    text = "..\r\n.\r\nFrom hier\r\n" + "x" * 990 + "\r\nGrüße \t\r\n\r\n"
    references = "References: " + "\r\n ".join(f"<{'r' * 70}{number}@zeitung.example>" for number in range(40))
    sent = reply(person, text=text)
    sent = replace(sent, content=sent.content.replace(b"\r\n\r\n", b"\r\n" + references.encode() + b"\r\n\r\n", 1))
    assert isinstance(await bench.transport.deliver(sent), Delivered)
    assert await bench.received(person) == [sent.content]


async def test_every_recipient_of_the_envelope_gets_the_reply(bench: Bench, person: str) -> None:
    colleague = f"kollege-{person}"
    assert isinstance(await bench.transport.deliver(reply(person, colleague)), Delivered)
    assert len(await bench.received(person)) == 1
    assert len(await bench.received(colleague)) == 1


async def test_a_refusal_names_code_and_recipient(bench: Bench) -> None:
    outcome = await bench.transport.deliver(reply("niemand@zeitung.example"))
    assert isinstance(outcome, Trouble)
    assert (outcome.stage, outcome.code) == (Stage.RECIPIENT, 550)
    assert "niemand@zeitung.example" in outcome.text
    assert "no such person" in outcome.text


async def test_a_temporary_refusal_names_its_code(bench: Bench) -> None:
    outcome = await bench.transport.deliver(reply("spaeter@zeitung.example"))
    assert isinstance(outcome, Trouble)
    assert (outcome.stage, outcome.code) == (Stage.RECIPIENT, 450)


async def test_when_one_recipient_is_refused_nobody_gets_the_reply(bench: Bench, person: str) -> None:
    outcome = await bench.transport.deliver(reply(person, "niemand@zeitung.example"))
    assert isinstance(outcome, Trouble)
    assert isinstance(await bench.transport.deliver(reply(person, text="zweiter Versuch")), Delivered)
    assert await bench.received(person) == [reply(person, text="zweiter Versuch").content]


async def test_after_a_refusal_the_next_reply_is_delivered(bench: Bench, person: str) -> None:
    await bench.transport.deliver(reply("niemand@zeitung.example"))
    await bench.transport.deliver(reply("spaeter@zeitung.example"))
    assert isinstance(await bench.transport.deliver(reply(person)), Delivered)
    assert len(await bench.received(person)) == 1


async def test_what_is_no_address_is_refused_and_not_sent_to_the_server(bench: Bench, person: str) -> None:
    for broken in ("anke", "anke@zeitung.example\r\nRCPT TO:<x@y.example>", "an ke@zeitung.example"):
        outcome = await bench.transport.deliver(reply(person, broken))
        assert isinstance(outcome, Trouble)
        assert (outcome.stage, outcome.code) == (Stage.RECIPIENT, 553)
    assert isinstance(await bench.transport.deliver(reply(person)), Delivered)
    assert len(await bench.received(person)) == 1


async def test_replies_at_the_same_time_take_turns(bench: Bench, person: str) -> None:
    others = [f"{number}-{person}" for number in range(10)]
    outcomes = await asyncio.gather(*(bench.transport.deliver(reply(other)) for other in others))
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert [len(await bench.received(other)) for other in others] == [1] * 10


async def test_a_closed_transport_delivers_again(bench: Bench, person: str) -> None:
    await bench.transport.deliver(reply(person, text="eins"))
    await bench.transport.close()
    await bench.transport.close()
    assert isinstance(await bench.transport.deliver(reply(f"zwei-{person}")), Delivered)
