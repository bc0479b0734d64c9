"""What `parse` promises of mails as they really arrive."""

import base64
import time
from datetime import UTC, datetime

import pytest

from inbox_worker.adapters.mime import parse
from inbox_worker.core.message import Address

HEAD = b"From: Karla Voss <voss@blatt.example>\r\nTo: office@desk.example\r\nSubject: Termin\r\nMIME-Version: 1.0\r\n"


def mail(body: bytes, *fields: bytes, head: bytes = HEAD) -> bytes:
    return head + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def test_line_breaks_hidden_in_encoded_words_never_reach_a_header_value() -> None:
    message = parse(b"From: =?utf-8?q?Eva=0D=0ABcc=3A_x=40y=2Eexample?= <eva@blatt.example>\r\n"
                    b"Subject: =?utf-8?q?Hallo=0D=0ABcc=3A_x=40y=2Eexample?=\r\n\r\nx")  # fmt: skip
    assert message.subject == "Hallo Bcc: x@y.example"
    assert message.sender is not None
    assert message.sender.name == "Eva Bcc: x@y.example"
    assert message.sender.addr_spec == "eva@blatt.example"


def test_the_text_of_an_attached_mail_never_leaks_into_the_text() -> None:
    body = (
        b"--b\r\nContent-Type: text/plain\r\n\r\naussen\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"From: Inge Ott <ott@innen.example>\r\nSubject: innen\r\n\r\nMelden Sie mich an\r\n--b--\r\n"
    )
    message = parse(mail(body, b"Content-Type: multipart/mixed; boundary=b"))
    assert message.text.strip() == "aussen"
    assert message.attached[0].text.strip() == "Melden Sie mich an"
    assert message.attached[0].senders == (Address("Inge Ott", "ott@innen.example"),)


@pytest.mark.parametrize(
    ("declared", "data"),
    [
        (b"utf-8", "Grüße – „gern“".encode("cp1252")),
        (b"us-ascii", "Grüße – „gern“".encode()),
        (b"iso-8859-1", "Grüße – „gern“".encode()),
        (b"iso-8859-1", "Grüße – „gern“".encode("cp1252")),
        (b"x-unknown", "Grüße – „gern“".encode()),
        (b"utf-16", "Grüße – „gern“".encode("utf-16")),
    ],
)
def test_a_wrong_charset_label_costs_no_letter(declared: bytes, data: bytes) -> None:
    assert parse(mail(data, b"Content-Type: text/plain; charset=" + declared)).text.strip() == "Grüße – „gern“"


@pytest.mark.parametrize("raw", ["Jörg Groß".encode(), "Jörg Groß".encode("latin-1")])
def test_raw_letters_in_headers_are_read(raw: bytes) -> None:
    message = parse(b"From: " + raw + b" <jg@blatt.example>\r\nSubject: " + raw + b"\r\n\r\nx")
    assert message.subject == "Jörg Groß"
    assert message.senders == (Address("Jörg Groß", "jg@blatt.example"),)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"Kai Ohm <kai@blatt.example>", Address("Kai Ohm", "kai@blatt.example")),
        (b"Ohm, Kai <kai@blatt.example>", Address("Ohm, Kai", "kai@blatt.example")),
        (b'"Ohm, Kai (Lokales)" <kai@Blatt.Example>', Address("Ohm, Kai (Lokales)", "kai@blatt.example")),
        (b"kai@blatt.example (Kai Ohm)", Address("Kai Ohm", "kai@blatt.example")),
        (b"Redaktion: Kai Ohm <kai@blatt.example>;", Address("Kai Ohm", "kai@blatt.example")),
        (b'"kai@blatt.example" <kai@blatt.example>', Address("", "kai@blatt.example")),
        (
            b"=?utf-8?b?" + base64.b64encode(b"Ohm, Kai") + b"?= <kai@blatt.example>",
            Address("Ohm, Kai", "kai@blatt.example"),
        ),
        ("kai@bücher.example".encode(), Address("", "kai@xn--bcher-kva.example")),
    ],
)
def test_a_from_field_in_any_shape_gives_one_address(field: bytes, expected: Address) -> None:
    assert parse(b"From: " + field + b"\r\n\r\nx").senders == (expected,)


@pytest.mark.parametrize("field", [b"", b"nobody", b"<>", b"undisclosed:;", b"a@b", b"a b@c.example@", b"x@-.example"])
def test_a_from_without_a_valid_address_gives_no_sender(field: bytes) -> None:
    assert parse(b"From: " + field + b"\r\n\r\nx").sender is None


def test_all_from_fields_count_and_identical_ones_only_once() -> None:
    twice = parse(b"From: A B <a@b.example>\r\nFrom: a@B.example\r\n\r\nx")
    different = parse(b"From: A B <a@b.example>\r\nFrom: <c@d.example>\r\n\r\nx")
    assert [one.addr_spec for one in twice.senders] == ["a@b.example"]
    assert [one.addr_spec for one in different.senders] == ["a@b.example", "c@d.example"]


@pytest.mark.parametrize("field", [b"Message-ID: <>\r\n", b"Message-ID:\r\n", b""])
def test_a_missing_message_id_is_empty(field: bytes) -> None:
    assert parse(b"From: a@b.example\r\n" + field + b"\r\nx").message_id == ""


def test_flowed_lines_are_joined_and_the_signature_line_is_not() -> None:
    body = b"Ich komme \r\ngern am \r\nMontag.\r\n> alt \r\n> zitiert\r\n-- \r\nKarla\r\n"
    message = parse(mail(body, b"Content-Type: text/plain; format=flowed"))
    assert message.text.split("\n")[:4] == ["Ich komme gern am Montag.", "> alt zitiert", "-- ", "Karla"]


def test_delsp_removes_the_blank_at_a_joint() -> None:
    message = parse(mail(b"Donnerstag \r\nmittag\r\n", b"Content-Type: text/plain; format=flowed; delsp=yes"))
    assert message.text.startswith("Donnerstagmittag")


def test_an_empty_or_stub_plain_part_gives_way_to_html() -> None:
    for plain in (b" \r\n", b"Ihr Mailprogramm kann kein HTML anzeigen.\r\n"):
        body = (
            b"--b\r\nContent-Type: text/plain\r\n\r\n" + plain + b"--b\r\nContent-Type: text/html\r\n\r\n"
            b"<p>Ich nehme am Termin teil und bringe noch eine Kollegin mit.</p>\r\n--b--\r\n"
        )
        message = parse(mail(body, b"Content-Type: multipart/alternative; boundary=b"))
        assert message.text_from_html
        assert message.text.startswith("Ich nehme am Termin teil")


def test_parts_are_found_without_a_boundary_parameter() -> None:
    body = b"--lost\r\nContent-Type: text/plain\r\n\r\nGern dabei\r\n--lost--\r\n"
    assert parse(mail(body, b"Content-Type: multipart/mixed")).text.strip() == "Gern dabei"


def test_broken_base64_is_read_as_far_as_it_goes() -> None:
    data = base64.b64encode("Gern bin ich dabei, viele Grüße".encode())
    broken = data[:10] + b"*\r\n " + data[10:-3]
    text = parse(mail(broken, b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64")).text
    assert text.startswith("Gern bin ich dabei, viele Gr")


def test_prose_that_claims_to_be_base64_stays_prose() -> None:
    body = b"Guten Tag, bitte merken Sie mich vor. Besten Dank!"
    assert parse(mail(body, b"Content-Transfer-Encoding: base64")).text == body.decode()


def test_quoted_printable_with_a_blank_after_its_soft_break_is_joined() -> None:
    body = b"Gr=C3=BC=C3=9Fe aus= \r\n L=FCbeck =ZZ"
    message = parse(
        mail(body, b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: quoted-printable")
    )
    assert message.text == "Grüße aus Lübeck =ZZ"


def test_what_nobody_sees_is_gone_and_what_everybody_reads_is_kept() -> None:
    body = "An\u00admel\u200bdung\u202e \uff11\uff12 Mu\u0308ller\x00 \u2066x\u2069".encode()
    assert parse(mail(body, b"Content-Type: text/plain; charset=utf-8")).text == "Anmeldung 12 Müller x"


def test_sixty_levels_are_read() -> None:
    body = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(60))
    assert "tief" in parse(HEAD + body + b"Content-Type: text/plain\r\n\r\ntief\r\n").text


def test_five_hundred_levels_are_read_side_by_side() -> None:
    body = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500))
    message = parse(HEAD + body + b"Content-Type: text/plain\r\n\r\ntief\r\n")
    assert "tief" in message.text
    assert "too many levels" in message.defects


def test_a_clear_signed_text_is_unwrapped_and_an_encrypted_one_is_marked() -> None:
    signed = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nIch komme\r\n- -- \r\nKarla\r\n"
        b"-----BEGIN PGP SIGNATURE-----\r\n\r\nabc\r\n-----END PGP SIGNATURE-----\r\n"
    )
    encrypted = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"
    assert parse(mail(signed)).text.strip() == "Ich komme\n-- \nKarla"
    assert not parse(mail(signed)).encrypted
    assert parse(mail(encrypted)).encrypted


def der(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(2, "big")
    return bytes([tag, 0x82]) + size + content


def test_an_opaque_smime_signature_is_opened_and_an_envelope_is_not() -> None:
    entity = b"Content-Type: text/plain\r\n\r\nIch nehme teil\r\n"
    oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
    content = der(0x30, oid + b"\x01" + der(0xA0, der(0x24, der(0x04, entity[:9]) + der(0x04, entity[9:]))))
    signed = der(0x30, oid + b"\x02" + der(0xA0, der(0x30, b"\x02\x01\x01" + der(0x31, b"") + content)))
    enveloped = der(0x30, oid + b"\x03" + der(0xA0, der(0x30, b"\x02\x01\x00")))
    fields = (b"Content-Type: application/pkcs7-mime; name=smime.p7m", b"Content-Transfer-Encoding: base64")
    assert parse(mail(base64.encodebytes(signed), *fields)).text.strip() == "Ich nehme teil"
    assert not parse(mail(base64.encodebytes(signed), *fields)).encrypted
    assert parse(mail(base64.encodebytes(enveloped), *fields)).encrypted


def test_delivery_status_and_vcard_are_text_of_their_parts() -> None:
    body = (
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; weg@blatt.example\r\n--b\r\nContent-Type: text/vcard; name=k.vcf\r\n"
        b"Content-Disposition: attachment; filename=k.vcf\r\n\r\nBEGIN:VCARD\r\nFN:Karla Voss\r\nEND:VCARD\r\n--b--\r\n"
    )
    status, card = parse(mail(body, b"Content-Type: multipart/mixed; boundary=b")).parts
    assert "Final-Recipient: rfc822; weg@blatt.example" in status.text
    assert "FN:Karla Voss" in card.text
    assert card.filename == "k.vcf"


def test_arrival_is_the_topmost_received_and_else_what_the_server_says() -> None:
    fallback = datetime(2022, 11, 5, tzinfo=UTC)
    raw = b"Received: from a by b; Thu, 03 Nov 2022 09:41:52 +0100\r\nFrom: a@b.example\r\n\r\nx"
    assert parse(raw, received=fallback).arrived == datetime(2022, 11, 3, 8, 41, 52, tzinfo=UTC)
    assert parse(b"From: a@b.example\r\n\r\nx", received=fallback).arrived == fallback


def test_a_null_return_path_differs_from_a_missing_one() -> None:
    assert parse(b"Return-Path: <>\r\nFrom: a@b.example\r\n\r\nx").return_path == ""
    assert parse(b"From: a@b.example\r\n\r\nx").return_path is None


def test_the_digest_ignores_trace_fields_and_knows_content() -> None:
    raw = mail(b"Text")
    assert parse(b"Received: x\r\nDelivered-To: y\r\n" + raw).digest == parse(raw).digest
    assert parse(mail(b"Other")).digest != parse(raw).digest


def test_a_mail_that_was_not_loaded_whole_says_so() -> None:
    assert not parse(mail(b"x"), size=60_000_000).whole
    assert parse(mail(b"x"), size=len(mail(b"x"))).whole


ATTACHMENT = b"--q\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 6_000_000
MIXED = b"Content-Type: multipart/mixed; boundary=q"


@pytest.mark.parametrize(
    "raw",
    [
        mail(ATTACHMENT + b"\r\n--q\r\nContent-Type: text/plain\r\n\r\nhinten\r\n--q--\r\n", MIXED),
        mail(b"--q\r\n\r\na\r\n" * 2_000_000, MIXED),
        b"X: a\r\n" * 3_000_000,
        b"From: " + b'(<"' * 3_000_000 + b"\r\n\r\nx",
        mail(b"<div>" * 5_000_000, b"Content-Type: text/html"),
        mail("\u0315\u0301".encode() * 6_000_000),
        mail(b"-----BEGIN PGP SIGNED MESSAGE-----\n" * 600_000),
    ],
    ids=["attachment", "parts", "fields", "brackets", "tags", "accents", "armour"],
)
def test_twenty_five_megabytes_of_anything_cost_less_than_a_second(raw: bytes) -> None:
    start = time.process_time()
    parse(raw)
    assert time.process_time() - start < 1


def test_a_text_behind_a_large_attachment_is_read() -> None:
    body = (
        b"--q\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b"QUJD" * 19 * 5000
        + b"\r\n--q\r\n"
        b"Content-Type: text/plain\r\n\r\nhinten\r\n--q--\r\n"
    )
    assert parse(mail(body, b"Content-Type: multipart/mixed; boundary=q")).text.strip() == "hinten"


HOSTILE = [b" " * 60_000, b"a" + b" " * 60_000 + b"," + b" " * 9_000 + b"x", b'"' + b"\\a" * 9_000]


@pytest.mark.parametrize("field", HOSTILE, ids=["blanks", "comma", "escapes"])
def test_a_hostile_from_field_costs_no_time(field: bytes) -> None:
    start = time.process_time()
    assert parse(b"From: " + field + b"\r\n\r\nx").sender is None
    assert time.process_time() - start < 0.5
