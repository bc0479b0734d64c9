"""The exceptions that callers may catch; everything that is expected is a value instead.

    InboxWorkerError
    ├── ConfigError            the configuration stops the start: file, key, what is wrong, what to write
    ├── MailboxError           IMAP trouble; nothing is lost, the next pass tries again
    │   └── MailboxAuthError   the server refused our login
    ├── UnderstandingError     no process that understands mails can be started; the next pass tries again
    ├── TransportError         SMTP connection, TLS or login trouble; never counts against a mail
    └── JournalError           the journal can't be read or written
        ├── Conflict           somebody else appended first: catch up, fold, decide again
        ├── WorkerRunning      another worker of this name works on this journal
        ├── JournalUnwritable  disk full, read-only, no permission: nothing may be answered now
        └── JournalDamaged     a line in the middle is not what was written: a person must look

Adapters translate their library's exceptions into these, in one place each.
"""


class InboxWorkerError(Exception):
    """Base of all our exceptions."""


class ConfigError(InboxWorkerError):
    """The configuration can't be used; each of `problems` is one printable line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class MailboxError(InboxWorkerError):
    """The IMAP server is gone, slow, or said no."""


class MailboxAuthError(MailboxError):
    """The IMAP server refused our login; a person must mend the credentials."""


class UnderstandingError(InboxWorkerError):
    """Mails can't be understood just now, through no fault of any mail."""


class TransportError(InboxWorkerError):
    """The SMTP connection, TLS or login failed before any mail was judged."""


class JournalError(InboxWorkerError):
    """Base of the journal's troubles."""


class Conflict(JournalError):  # noqa: N818 - the word of the contract, not a fault
    """Another writer appended first; catch up and decide again."""


class JournalUnwritable(JournalError):  # noqa: N818 - names the state
    """The batch could not be made durable, and none of it counts."""


class JournalDamaged(JournalError):  # noqa: N818 - names the state
    """A line before the end is damaged; names the line and what to do."""


class WorkerRunning(JournalError):  # noqa: N818 - names the state
    """A worker of this name runs on this journal; there can be one only."""
