r"""Listing and fetching, as plain functions on a connection whose folder is selected.

Never changes anything in the mailbox: BODY.PEEK leaves \Seen to people.

DIAGNOSTICS
    Mails that vanished between listing and fetching are left out. What the server refuses is raised; `mailbox` then
    finds out which mail it was.
"""

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
    """Size, arrival and whether they are answered, of these mails, ascending; unknown UIDs are left out."""
    found: list[Seen] = []
    for start in range(0, len(uids), AT_ONCE):
        answer = client.fetch(uids[start : start + AT_ONCE], ["RFC822.SIZE", "INTERNALDATE", "FLAGS"])
        for uid, items in sorted(answer.items()):
            if b"RFC822.SIZE" in items and b"INTERNALDATE" in items:
                answered = b"\\Answered" in items.get(b"FLAGS", ())
                found.append(Seen(_ref(state, uid), items[b"RFC822.SIZE"], _utc(items[b"INTERNALDATE"]), answered))
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
    key = b"BODY[]<0>" if oversized else b"BODY[]"
    answer: dict[int, dict[bytes, Any]] = client.fetch([mail.ref.uid for mail in chunk], [item])
    return [
        Letter(mail.ref, raw, mail.size, mail.received, whole=not oversized, answered=mail.answered)
        for mail in chunk
        if isinstance(raw := answer.get(mail.ref.uid, {}).get(key), bytes)  # NIL when it is just being expunged
    ]


def any_comes(client: IMAPClient, but: int) -> bool:
    """Whether the server hands over the first byte of one of the folder's first mails; `but` does not count."""
    some = [uid for uid in client.search(["1:3"]) if uid != but][:1]  # by position: cheap in any folder
    return bool(some and client.fetch(some, ["BODY.PEEK[]<0.1>"]))


def _ref(state: MailboxState, uid: int) -> Ref:
    return Ref(state.account, state.folder, state.uidvalidity, uid)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
