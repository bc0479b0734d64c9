"""The mailbox over IMAP (RFC 3501 and its extensions IDLE, MOVE, UIDPLUS, SPECIAL-USE).

`mailbox.ImapMailbox` is the only door. Behind it: `connection` (one socket, one thread, TLS, login, time-outs),
`trouble` (every exception of the library becomes ours), `reading` (listing and fetching), `filing` (flags, folders,
appending) and `idling` (waiting for news).
"""

from inbox_worker.adapters.imap.mailbox import ImapMailbox

__all__ = ["ImapMailbox"]
