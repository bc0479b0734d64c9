r"""What is done to treated mails: flags, keywords, folders; and how folders are found and made.

Plain functions on a connection. Nothing is ever deleted: a mail leaves its folder only by MOVE, or after its copy is
safe and then alone (UID EXPUNGE, RFC 4315 §2.1), so that mails which people marked for deletion stay as they are.
Where the server has neither, the original stays and only a copy is filed. \Seen is never touched.

DIAGNOSTICS
    Mails that are no longer there are passed over. A folder that does not exist is made. What the server refuses
    (quota, rights) is raised.
"""

import imaplib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.core.mailbox import Filing, MailboxState

AT_ONCE = 500  # UIDs in one command, see `reading`


def file(client: IMAPClient, state: MailboxState, filings: Iterable[Filing], copied: set[int]) -> None:
    """File these mails of the selected folder, as many as possible with one command.

    `copied` are UIDs whose copy is known to be safe and whose original still lies here; it is kept up to date, so
    that a call which failed between the two is made good by the next one.
    """

    def treatment(filing: Filing) -> tuple[bool, str, str]:
        keyword = filing.keyword if state.keywords else None
        folder = filing.folder if filing.folder != state.folder else None
        return (filing.answered, keyword or "", folder or "")

    for (answered, keyword, folder), group in groupby(sorted(filings, key=treatment), key=treatment):
        flags = [*(["\\Answered"] if answered else []), *([keyword] if keyword else [])]
        uids = sorted({filing.ref.uid for filing in group})
        for start in range(0, len(uids), AT_ONCE):
            some = uids[start : start + AT_ONCE]
            if flags:
                client.add_flags(some, flags, silent=True)
            if folder:
                _move(client, some, made(client, folder), copied)


def holds(client: IMAPClient, folder: str, message_id: str) -> bool:
    """Whether a mail with this Message-ID lies in `folder`; leaves that folder open, read-only."""
    name = _existing(client, folder)
    if name is None:
        return False
    client.select_folder(name, readonly=True)
    return bool(client.search(["HEADER", "Message-ID", message_id]))


def special(client: IMAPClient, use: str) -> str | None:
    r"""The folder with this special use (RFC 6154, e.g. `\Drafts`); names tell nothing, they are in any language."""
    wanted = use.lower().encode()
    for flags, _, name in client.list_folders():
        if wanted in {flag.lower() for flag in flags}:
            return str(name)
    return None


def made(client: IMAPClient, folder: str) -> str:
    """The server's name of `folder`, which exists from now on and is subscribed, so that people see it."""
    existing = _existing(client, folder)
    if existing is not None:
        return existing
    name = _native(client, folder)
    try:
        client.create_folder(name)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        if not client.folder_exists(name):  # else somebody else made it in this second
            raise
    with suppress(imaplib.IMAP4.error):  # some servers know no subscriptions; the folder is there all the same
        client.subscribe_folder(name)
    return name


def _existing(client: IMAPClient, folder: str) -> str | None:
    return next((name for name in dict.fromkeys((folder, _native(client, folder))) if client.folder_exists(name)), None)


def _native(client: IMAPClient, folder: str) -> str:
    """`Presse/Erledigt` as this server spells it: its hierarchy separator, and its prefix where it wants one."""
    if folder.upper() == "INBOX" or not client.has_capability("NAMESPACE"):
        return folder
    personal = client.namespace().personal
    if not personal:
        return folder
    prefix, separator = personal[0]
    name = folder.replace("/", separator) if separator else folder
    return name if name.startswith(prefix) else prefix + name


def _move(client: IMAPClient, uids: Sequence[int], folder: str, copied: set[int]) -> None:
    if client.has_capability("MOVE"):
        client.move(uids, folder)
        return
    here = client.search(["UID", ",".join(map(str, uids)), "UNDELETED"])  # a person's mark: theirs to execute
    fresh = [uid for uid in here if uid not in copied]
    if fresh:
        client.copy(fresh, folder)
        copied.update(fresh)
    ours = sorted(copied.intersection(uids))
    if ours and client.has_capability("UIDPLUS"):
        client.add_flags(ours, ["\\Deleted"], silent=True)
        client.uid_expunge(ours)
        copied.difference_update(ours)
