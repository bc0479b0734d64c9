"""The one place where the IMAP library's exceptions become ours.

Never decides what to do about it: whoever catches a MailboxError throws the connection away and tries again later.

DIAGNOSTICS
    MailboxAuthError  the server refused our user name or password (a person must mend them).
    MailboxError      everything else: unreachable, too slow, certificate not trusted, connection lost, a command
                      refused, an answer that can't be read. The text names the server, what we did, and the cause.
                      A login that fails because the server says [UNAVAILABLE] (RFC 5530) is this, too: the password
                      may be right.
"""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import LoginError  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.errors import MailboxAuthError, MailboxError

# RFC 5530 §3: these say that the server, not the password, is in trouble.
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")


@contextmanager
def translated(server: str, doing: str) -> Iterator[None]:
    """Let nothing but MailboxError out; `server` and `doing` tell the reader of the log where it happened."""
    try:
        yield
    except MailboxError:
        raise
    except LoginError as error:
        kind = MailboxError if any(code in str(error).upper() for code in _PASSING) else MailboxAuthError
        raise kind(f"{server}: {doing}: the server refused the login: {_words(error)}") from error
    except ssl.SSLCertVerificationError as error:
        raise MailboxError(
            f"{server}: {doing}: the server's certificate is not trusted: {error.verify_message} (imap.ca_file?)"
        ) from error
    except ssl.SSLError as error:
        raise MailboxError(f"{server}: {doing}: TLS failed: {_words(error)} (imap.security and imap.port?)") from error
    except TimeoutError as error:
        raise MailboxError(f"{server}: {doing}: the server did not answer in time") from error
    # An answer torn in the middle surfaces as ValueError or LookupError from the library's parser.
    except (imaplib.IMAP4.error, OSError, EOFError, ValueError, LookupError) as error:
        raise MailboxError(f"{server}: {doing}: {_words(error)}") from error


def _words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if text[:2] in {"b'", 'b"'}:  # imaplib formats the server's bytes with repr
        text = text[2:-1]
    return text.replace("\r", " ").replace("\n", " ")
