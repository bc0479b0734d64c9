r"""Listing and fetching, as plain functions on a connection whose folder is selected.

Never changes anything in the mailbox: BODY.PEEK leaves \Seen to people. One strange mail never costs the others.

DIAGNOSTICS
    Mails that vanished between listing and fetching are left out. A mail that exists and that the server refuses to
    hand over (damaged on its disk) comes as a letter without bytes, so that a person gets to see it; when the server
    refuses every mail that was asked for, the trouble is the server's, and its refusal is raised.
"""

import imaplib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.core.mailbox import MailboxState, Seen
from inbox_worker.core.message import Letter, Ref

AT_ONCE = 500  # UIDs in one command: the line stays far below the 8,000 octets that every server takes (RFC 7162 §4)
MAILS_IN_A_CHUNK = 100
BYTES_IN_A_CHUNK = 4 * 1024 * 1024  # the library holds an answer two or three times in memory
PREFIX = 256 * 1024  # what is loaded of an oversized mail: header and, unless an attachment stands first, the text


def listed(client: IMAPClient, state: MailboxState, uids: Sequence[int]) -> list[Seen]:
    """Size and arrival of these mails, ascending; unknown UIDs are left out."""
    found: list[Seen] = []
    for start in range(0, len(uids), AT_ONCE):
        answer = client.fetch(uids[start : start + AT_ONCE], ["RFC822.SIZE", "INTERNALDATE"])
        for uid, items in sorted(answer.items()):
            if b"RFC822.SIZE" in items and b"INTERNALDATE" in items:
                found.append(Seen(_ref(state, uid), items[b"RFC822.SIZE"], _utc(items[b"INTERNALDATE"])))
    return found


def newer(client: IMAPClient, after_uid: int) -> list[int]:
    """UIDs above `after_uid`, ascending. `n:*` always names the last mail as well (RFC 3501 §6.4.8): dropped here."""
    client.noop()  # a SEARCH alone looks at what the session knew before (RFC 3501 §7: news come with any command)
    return sorted(uid for uid in client.search(["UID", f"{after_uid + 1}:*"]) if uid > after_uid)


def since(client: IMAPClient, moment: datetime) -> list[int]:
    """UIDs of mails that may have arrived at `moment` or later: SINCE knows days only, in a zone of the server's."""
    client.noop()
    day: date = (moment.astimezone(UTC) - timedelta(days=1)).date()
    return sorted(client.search(["SINCE", day]))


def chunks(mails: Sequence[Seen], max_bytes: int) -> Iterator[list[Seen]]:
    """The mails in order, cut where the next answer would grow too long; an oversized mail stands alone."""
    chunk: list[Seen] = []
    total = 0
    for mail in mails:
        full = len(chunk) >= MAILS_IN_A_CHUNK or total + mail.size > BYTES_IN_A_CHUNK
        if chunk and (full or mail.size > max_bytes or chunk[-1].size > max_bytes):
            yield chunk
            chunk, total = [], 0
        chunk.append(mail)
        total += mail.size
    if chunk:
        yield chunk


def letters(client: IMAPClient, chunk: Sequence[Seen], max_bytes: int) -> list[Letter]:
    """The mails of one chunk, in its order; of one larger than `max_bytes` only its beginning, `whole` False."""
    oversized = chunk[0].size > max_bytes
    item = f"BODY.PEEK[]<0.{min(PREFIX, max_bytes)}>" if oversized else "BODY.PEEK[]"
    bodies = _bodies(client, [mail.ref.uid for mail in chunk], item)
    return [
        Letter(mail.ref, raw, mail.size, mail.received, whole=bool(raw) and not oversized)
        for mail in chunk
        if (raw := bodies.get(mail.ref.uid)) is not None
    ]


def _bodies(client: IMAPClient, uids: Sequence[int], item: str) -> dict[int, bytes]:
    try:
        answer: dict[int, dict[bytes, Any]] = client.fetch(uids, [item])
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:  # a tagged NO to the whole chunk: somebody expunged one of them, or one is damaged
        return _bodies_one_by_one(client, uids, item)
    key = b"BODY[]<0>" if "<" in item else b"BODY[]"
    return {uid: items[key] for uid, items in answer.items() if isinstance(items.get(key), bytes)}


def _bodies_one_by_one(client: IMAPClient, uids: Sequence[int], item: str) -> dict[int, bytes]:
    there = set(client.search(["UID", ",".join(map(str, uids))]))
    key = b"BODY[]<0>" if "<" in item else b"BODY[]"
    found: dict[int, bytes] = {}
    refusal: imaplib.IMAP4.error | None = None
    refused = 0
    for uid in sorted(there):
        try:
            body = client.fetch([uid], [item]).get(uid, {}).get(key)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            refusal, refused, body = error, refused + 1, b""
        if isinstance(body, bytes):
            found[uid] = body
    if refusal is not None and 1 < len(there) == refused:
        raise refusal
    return found


def _ref(state: MailboxState, uid: int) -> Ref:
    return Ref(state.account, state.folder, state.uidvalidity, uid)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
