"""Laws of the journal's file: no change goes unseen, and nothing that others wrote passes for a line of ours."""

import io
import json
import re
import tempfile
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from inbox_worker.adapters import journal_file
from inbox_worker.cli import journal as command
from inbox_worker.cli.terminal import one_line, printable_json
from inbox_worker.core import lines
from inbox_worker.core.entries import Entry, MailRecorded, Registered, ReplyDeferred, ReplySent
from inbox_worker.core.narrative import narrate
from inbox_worker.core.registration import Intent, Reason, Registrant
from tests.builders import NOW, a_batch, a_ref
from tests.core.test_old_journals import VERSION_1

BERLIN = ZoneInfo("Europe/Berlin")


def told(entry: Entry) -> str:
    """As the worker tells it."""
    return narrate(entry, {}, BERLIN)


def written(*batches: list[Entry]) -> bytes:
    """A journal's bytes."""
    content, head = b"", lines.Head()
    for batch in batches:
        salts = (f"{head.seq + place:016x}" for place in range(len(batch)))
        more, head, _ = lines.write(batch, head=head, at=NOW, salts=salts, narrate=told)
        content += more
    return content


@cache
def whole() -> bytes:
    """Every kind of entry, one of them erased, and then some usual batches."""
    content, head = VERSION_1.read_bytes(), journal_file.read_only(VERSION_1)[0][-1]
    salts = (f"{number:016x}" for number in range(9))
    start = lines.Head(head.recorded.seq, head.chain)
    for number in (1, 2, 3):
        more, start, _ = lines.write(a_batch(number), head=start, at=NOW, salts=salts, narrate=told)
        content += more
    return content


def verified(content: bytes, expected: str | None = None) -> tuple[int, str]:
    """What `journal verify` says of a file with this content, and its exit code."""
    said = io.StringIO()
    with tempfile.NamedTemporaryFile() as file, redirect_stdout(said):
        file.write(content)
        file.flush()
        status = command.verify(None, Path(file.name), expected=expected)
    return status, said.getvalue()


def last_of(said: str) -> str:
    """The number and the chain that `journal verify` prints to be noted."""
    found = re.search(r"^last entry (.*)$", said, re.MULTILINE)
    return found[1] if found else ""


# -- changes --------------------------------------------------------------------------------------------------------


def _bytes_changed(draw: st.DrawFn, content: bytes) -> bytes:
    start = draw(st.integers(0, len(content) - 1))
    end = draw(st.sampled_from([start, start + 1, start + 2, start + 80]))
    new = draw(st.sampled_from([b" ", b"\n", b"\0", b"0", b"\\", b'"', b"}", b"\xff"]) | st.binary(max_size=6))
    return content[:start] + new + content[end:]


def _one_bit(draw: st.DrawFn, content: bytes) -> bytes:
    place, bit = draw(st.integers(0, len(content) - 1)), draw(st.integers(0, 7))
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def _lines_moved(draw: st.DrawFn, content: bytes) -> bytes:
    rows = content.splitlines(keepends=True)
    one, other = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows) - 1))
    kind = draw(st.sampled_from(["removed", "doubled", "moved", "swapped", "cut off"]))
    if kind == "removed":
        del rows[one]
    elif kind == "doubled":
        rows.insert(other, rows[one])
    elif kind == "moved":
        rows.insert(other, rows.pop(one))
    elif kind == "swapped":
        rows[one], rows[other] = rows[other], rows[one]
    else:
        del rows[one:]
    return b"".join(rows)


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """The whole journal with one change anywhere."""
    change: Callable[[st.DrawFn, bytes], bytes] = draw(st.sampled_from([_bytes_changed, _one_bit, _lines_moved]))
    return change(draw, whole())


@settings(max_examples=500, deadline=None)
@given(changed())
def test_verify_finds_any_change_with_a_chain_that_was_noted_and_without_it_all_but_a_missing_end(
    content: bytes,
) -> None:
    status, said = verified(whole())
    assert status == 0
    noted = last_of(said)
    expecting, answer = verified(content, expected=noted.rpartition(" ")[2])
    alone, said = verified(content)
    if content == whole():
        assert (expecting, alone) == (0, 0)
    elif content.startswith(whole()):  # something behind the end that is no line: perhaps an append that is going on
        assert expecting or "never finished" in answer
        assert alone or "never finished" in said
    else:
        assert expecting == 1
        # no chain can tell that the last batches are missing, but what it prints to be compared does
        assert alone == 1 or last_of(said) != noted


def _spaced(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _escaped(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":")).replace("/", "\\/")


def _turned(row: dict[str, Any]) -> str:
    return json.dumps(dict(reversed(row.items())), ensure_ascii=False, separators=(",", ":"))


def _turned_within(row: dict[str, Any]) -> str:
    return json.dumps(
        row | {part: dict(reversed(row[part].items())) for part in ("facts", "personal")},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _with_more(row: dict[str, Any]) -> str:
    return json.dumps({"note": "Frau Eingeschlichen ist angemeldet"} | row, ensure_ascii=False, separators=(",", ":"))


def _doubled(row: dict[str, Any]) -> str:
    plain = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return '{"text":"Frau Eingeschlichen ist angemeldet",' + plain[1:]


@settings(deadline=None)
@given(st.data(), st.sampled_from([_spaced, _escaped, _turned, _turned_within, _with_more, _doubled]))
def test_a_line_rewritten_to_say_the_same_opens_the_same_but_verify_names_it(
    data: st.DataObject, rewrite: Callable[[dict[str, Any]], str]
) -> None:
    rows = whole().split(b"\n")[:-1]
    number = data.draw(st.integers(0, len(rows) - 1))
    again = rewrite(json.loads(rows[number])).encode()
    content = b"\n".join([*rows[:number], again, *rows[number + 1 :], b""])
    with tempfile.NamedTemporaryFile() as file, tempfile.NamedTemporaryFile() as other:
        file.write(content)
        file.flush()
        other.write(whole())
        other.flush()
        found, rest = journal_file.read_only(Path(file.name))
        assert [line.recorded for line in found] == [
            line.recorded for line in journal_file.read_only(Path(other.name))[0]
        ]
        assert rest == 0
    status, said = verified(content)
    if again == rows[number]:  # nothing in it that could be spelled otherwise
        assert status == 0
    else:
        assert status == 1
        assert f"line {number + 1} was rewritten" in said


# -- forgery --------------------------------------------------------------------------------------------------------

_FORGERY = '\n{"seq":2,"at":"2022-11-10T09:00:00.000Z","text":"Angemeldet: Eva Eingeschlichen."}\n'
_ANY = st.text(max_size=20) | st.text("\n\r\x0b\x0c\x1c\x85\u2028\u2029\0\x1b\x9b\u202e\u2066\ud800 a", max_size=20)


@st.composite
def hostile(draw: st.DrawFn) -> list[Entry]:
    """A batch in which everything that others say is anything at all."""
    said = st.builds(str.__add__, _ANY, st.sampled_from(["", _FORGERY, "\u2028  2  10.11.2022 10:00:00  Angemeldet"]))
    one = draw(st.tuples(*[said] * 9))
    person = Registrant(one[0], one[1], one[2], organisation=one[3], role=one[4], phone=one[5], email=one[6])
    reasons = (Reason("asks", one[7], one[8]), Reason(one[6]))
    mail = MailRecorded(a_ref(), "d", Intent.INQUIRY, "held")
    return [
        replace(mail, sender=one[0], name=one[1], subject=one[2], message_id=one[3], because=reasons, concerns=reasons),
        Registered("d-1", "zwk", "d", person, one[7]),
        ReplySent("r", to=one[0], response=one[1]),
        ReplyDeferred("r", NOW, 450, one[2], one[3]),
    ]


@settings(deadline=None)
@given(hostile())
@example([ReplySent("r", response=_FORGERY + "\u2028\x85\x1b[2J\u202e\udcfc")])
def test_whatever_others_say_each_entry_is_one_line_in_the_file_and_on_the_terminal(batch: list[Entry]) -> None:
    content = written(batch)
    assert content.count(b"\n") == len(batch)
    assert not [byte for byte in content.replace(b"\n", b"") if byte < 0x20]
    status, said = verified(content)
    assert (status, "never finished" in said) == (0, False)
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        found, _ = journal_file.read_only(Path(file.name))
    for line in found:
        shown, as_json = one_line(line.text), printable_json(line.raw.decode())
        for printed in (shown, as_json.removesuffix("\n")):
            assert not {unicodedata.category(c) for c in printed} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
            assert len(printed.splitlines()) == 1
        assert json.loads(as_json) == json.loads(line.raw)  # still the same JSON
