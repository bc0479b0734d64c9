"""The way out over SMTP (RFC 5321): one connection, kept open, one reply after the other.

Sends the bytes as they were composed, to the recipients of the envelope and to nobody else. Never encrypts "if
possible": what the settings want is done or nothing is sent. Never decides about trying again.

DIAGNOSTICS
    Delivered       250 after the content. From there on the mail is the server's.
    Deferred        4yz to the recipients or to the content: another time.
    Refused         5yz to them, or an address that this server can't take: a person must look.
    InDoubt         the connection was lost or silent after DATA: nobody knows.
    TransportError  no connection, no TLS, no login, or the server turned away our sender address; it would do so
                    with every mail, so it never counts against this one. Raised before DATA only.
    With several recipients it is all or nothing: when one is refused, nothing is sent to the others. An idle
    connection that the server has closed meanwhile is replaced silently, once.
"""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from inbox_worker.config import SmtpSettings
from inbox_worker.core.delivery import Deferred, Delivered, InDoubt, Outcome, Refused, Reply
from inbox_worker.errors import TransportError

CLOSING = 421
# To MAIL FROM these say "not you" or "not without login or TLS" (RFC 4954 §6, RFC 3207 §4), whatever the mail.
NOT_THE_MAILS_FAULT = frozenset({CLOSING, 454, 500, 502, 503, 530, 534, 535, 538, 550, 551, 553})


class SmtpTransport:
    """One SMTP account. Calls may overlap; they take their turns on the one connection."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._client: SMTP | None = None
        self._turn = asyncio.Lock()

    async def deliver(self, reply: Reply) -> Outcome:
        """What the server said to this reply; raises TransportError when it did not get as far as the mail."""
        async with self._turn:
            try:
                return await self._deliver(reply)
            except asyncio.CancelledError:
                self._drop()  # else the answer that was not waited for would be taken for the next command's
                raise

    async def check(self) -> None:
        """Connect and log in, or raise TransportError with the reason; sends nothing."""
        async with self._turn:
            with self._translated("greeting"):
                await (await self._connected()).noop()

    async def close(self) -> None:
        """Say QUIT within two seconds, or else just hang up."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            with suppress(SMTPException, OSError):
                await client.quit(timeout=2)
        if client is not None:
            client.close()
        await asyncio.sleep(0)  # the loop hangs up in its next turn, which may be the last one

    async def _deliver(self, reply: Reply) -> Outcome:
        sender, recipients = _wire(reply.envelope_from), [_wire(address) for address in reply.recipients]
        for address in recipients:
            if not _sendable(address):
                return Refused(553, f"{address!r} is not an address")
        cancelled_before = _cancelled()
        reused = self._client is not None
        try:
            client = await self._begin(sender, recipients, reply)
        except TransportError:
            if not reused:
                raise
            client = await self._begin(sender, recipients, reply)
        if isinstance(client, Refused | Deferred):
            return client
        for recipient in recipients:
            _heed(cancelled_before)
            try:
                with self._translated("RCPT TO", SMTPRecipientRefused):
                    await client.rcpt(recipient, encoding="utf-8")
            except SMTPRecipientRefused as refusal:
                await self._reset(client, refusal.code)
                return _judged(refusal.code, f"{refusal.recipient}: {refusal.message}")
        _heed(cancelled_before)
        return await self._content(client, reply.content)

    async def _begin(self, sender: str, recipients: list[str], reply: Reply) -> SMTP | Refused | Deferred:
        """A connection that has accepted MAIL FROM, or what the server has against this mail."""
        client = await self._connected()
        options = []
        if client.supports_extension("size"):
            options.append(f"SIZE={len(reply.content)}")
        if client.supports_extension("8bitmime") and not reply.content.isascii():
            options.append("BODY=8BITMIME")
        if not all(address.isascii() for address in (sender, *recipients)):
            if not client.supports_extension("smtputf8"):
                return Refused(553, "this server can't send to an address with umlauts before the @ (no SMTPUTF8)")
            options.append("SMTPUTF8")
        try:
            with self._translated("MAIL FROM", SMTPSenderRefused):
                await client.mail(sender, options=options, encoding="utf-8")
        except SMTPSenderRefused as refusal:
            await self._reset(client, refusal.code)
            if refusal.code in NOT_THE_MAILS_FAULT:
                raise TransportError(
                    f"{self._server}: the sender {sender} was refused: {refusal.code} {refusal.message}"
                ) from refusal
            return _judged(refusal.code, refusal.message)
        return client

    async def _content(self, client: SMTP, content: bytes) -> Outcome:
        try:
            return Delivered((await client.data(content)).message)
        except SMTPDataError as refusal:
            await self._reset(client, refusal.code)
            return _judged(refusal.code, refusal.message)
        except (SMTPException, OSError) as error:
            self._drop()
            return InDoubt(f"{self._server}: lost after DATA: {error}")

    async def _reset(self, client: SMTP, code: int) -> None:
        if code == CLOSING:
            self._drop()
            return
        try:
            await client.rset()
        except (SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _connected(self) -> SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        settings = self._settings
        with self._translated("connecting"):
            client = SMTP(
                hostname=settings.host,
                port=settings.port,
                username=settings.username or None,
                password=settings.secret if settings.username else None,
                local_hostname=settings.helo or None,
                timeout=settings.timeout,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                tls_context=ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None),
            )
            try:
                await client.connect()
                if client.is_ehlo_or_helo_needed:  # what the server can is asked before the first MAIL FROM
                    await _greet(client)
            except BaseException:
                client.close()
                raise
        self._client = client
        return client

    @property
    def _server(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    @contextmanager
    def _translated(self, doing: str, *expected: type[SMTPException]) -> Iterator[None]:
        """Let out `expected` and TransportError only; after anything else the connection is gone."""
        try:
            yield
        except expected:
            raise
        except (SMTPException, OSError, ValueError) as error:
            self._drop()
            raise TransportError(f"{self._server}: {doing}: {_words(error)}") from error


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


def _judged(code: int, text: str) -> Deferred | Refused:
    return Deferred(code, text) if 400 <= code < 500 else Refused(code, text)


def _cancelled() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


def _heed(cancelled_before: int) -> None:
    """Stop where a cancellation was swallowed: asyncio.wait_for does that up to Python 3.11 when an answer meets it."""
    if _cancelled() > cancelled_before:
        raise asyncio.CancelledError


def _wire(address: str) -> str:
    """The address as it goes into a command: a domain with umlauts in its ASCII form, which needs no SMTPUTF8."""
    local, at, domain = address.rpartition("@")
    if not local.isascii() or domain.isascii():
        return address
    try:
        return local + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        return address


def _sendable(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    return bool(local and at and domain) and not any(c.isspace() or not c.isprintable() or c in "<>" for c in address)


def _words(error: Exception) -> str:
    match error:
        case SMTPResponseException():
            return f"{error.code} {error.message}"
        case Exception(__cause__=ssl.SSLCertVerificationError() as cause):
            return f"the server's certificate is not trusted: {cause.verify_message} (smtp.ca_file?)"
        case ssl.SSLCertVerificationError():
            return f"the server's certificate is not trusted: {error.verify_message} (smtp.ca_file?)"
        case Exception(__cause__=ssl.SSLError()) | ssl.SSLError():
            return f"TLS failed: {error} (smtp.security and smtp.port?)"
        case SMTPTimeoutError():
            return "the server did not answer in time"
        case SMTPServerDisconnected():
            return f"the server hung up ({error})"
        case _:
            return str(error) or type(error).__name__
