"""What the worker and a mailbox say to each other (RFC 3501): values only."""

from dataclasses import dataclass
from datetime import datetime

from inbox_worker.core.message import Ref


@dataclass(frozen=True, slots=True)
class MailboxState:
    r"""What the server told when the folder was selected.

    `uidnext` is the UID that the next mail will get at the earliest (RFC 3501 §2.3.1.1). `keywords`: the server keeps
    keywords of our own (PERMANENTFLAGS has `\*`).
    """

    account: str
    folder: str
    uidvalidity: int
    uidnext: int
    keywords: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Seen:
    r"""One mail in a listing: `size` is RFC822.SIZE in bytes, `received` the INTERNALDATE, aware.

    `answered` is the flag `\Answered`: somebody has answered it, a person or we before a journal was lost.
    """

    ref: Ref
    size: int
    received: datetime
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Filing:
    """What is still to be done to a treated mail in its mailbox; `folder` None leaves it where it is."""

    ref: Ref
    answered: bool = False
    keyword: str | None = None
    folder: str | None = None
