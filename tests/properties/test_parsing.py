"""Whatever the bytes: parse, split and screen give an answer, and header values stay single clean lines."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from inbox_worker.adapters.mime import parse
from inbox_worker.core.reading.parts import split
from inbox_worker.core.screening import screen
from tests.builders import a_desk

LETTER = (
    b"From: =?utf-8?q?J=C3=B6rg?= Ott <ott@blatt.example>\r\nTo: x@desk.example\r\n"
    b"Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n"
    b"Return-Path: <ott@blatt.example>\r\nDate: Thu, 03 Nov 2022 09:41:48 +0100\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nIch komme gern.\r\n\r\n"
    b"Gr=C3=BC=C3=9Fe\r\nJ=C3=B6rg Ott\r\n\r\n"
    b"Am 3.11.2022 schrieb P <p@desk.example>:\r\n> Bitte melden\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    b"<div>Ich komme <blockquote>alt</blockquote></div>\r\n--b--\r\n"
)
SPLINTERS = [
    b"\0",
    b"\r\n\r\n",
    b"--b",
    b"=?utf-8?q?",
    b"=?utf-8?b?A?=",
    b"<",
    b'"',
    b"(",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: multipart/mixed\r\n",
    b"charset=idna",
    b"; charset*0*=a'b'%ff",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"From: \r\n",
    b"Auto-Submitted: (\r\n",
    b"Authentication-Results: mx.example; dmarc=(((\r\n",
    b"> Von: x\nGesendet: 99.99.9999\n",
]


def understood(raw: bytes) -> None:
    message = parse(raw)
    parts = split(message)
    screen(message, a_desk())
    lines = [message.subject, *(header.value for header in message.headers), *(one.name for one in message.senders)]
    assert all(line.isprintable() or not {*"\r\n\0"} & {*line} for line in lines)
    assert "\0" not in message.text
    assert "\r" not in message.text
    (message.text + parts.new + parts.signature + message.subject).encode()


@given(st.binary(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_message(raw: bytes) -> None:
    understood(raw)


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_damaged_letter_is_a_message(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    raw = bytearray(LETTER)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(4):
            case 0:
                raw[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                raw[at:at] = chance.choice(SPLINTERS)
            case 2:
                del raw[at : at + chance.randint(1, 80)]
            case _:
                raw[at:at] = raw[: chance.randint(1, 300)]
    understood(bytes(raw))


@given(st.text(max_size=1500))
@settings(max_examples=100, deadline=None)
def test_no_written_line_is_lost_by_taking_a_text_apart(text: str) -> None:
    head = "From: a@b.example\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n"
    message = parse((head + text).encode("utf-8", "replace"))
    parts = split(message)
    passed_on = (inner.text + inner.signature for inner in parts.forwarded)
    kept = "".join((parts.new, parts.signature, parts.boilerplate, *parts.quotes, *passed_on))
    written, found = (sum(letter.isalpha() for letter in words) for words in (message.text, kept))
    assert found <= written
    if not any(mark in message.text for mark in ":->_=*~—–"):
        assert found == written
