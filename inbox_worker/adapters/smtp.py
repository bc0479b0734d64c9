"""The way out over SMTP (RFC 5321): one connection, kept open, one reply after the other.

Sends the bytes as they were composed, to the recipients of the envelope and to nobody else. Never encrypts "if
possible": what the settings want is done or nothing is sent. Never decides about trying again.

DIAGNOSTICS
    Delivered   250 after the content. From there on the mail is the server's.
    Trouble     anything else, as the fact it is: the stage that was reached and the server's code (0: connection lost,
                silence, or an answer that is none). What follows from it is the Outbox's to say.
    TransportError  from `check` only.
    With several recipients it is all or nothing: when one is refused, nothing is sent to the others. An idle
    connection that the server has closed meanwhile is replaced silently, once. 552 to MAIL FROM is about the message
    (its SIZE, RFC 1870 §6.1), whatever else is said there about our sender.
"""

import asyncio
import logging
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
from inbox_worker.core.delivery import Delivered, Outcome, Reply, Stage, Trouble
from inbox_worker.errors import TransportError

log = logging.getLogger(__name__)

CLOSING = 421
TOO_LARGE = 552


class _Stopped(Exception):  # noqa: N818 - what happened, on its way out of this module's depths
    """The attempt ended here."""

    def __init__(self, stage: Stage, code: int, text: str) -> None:
        self.trouble = Trouble(stage, code, text)
        super().__init__(text)


class SmtpTransport:
    """One SMTP account. Calls may overlap; they take their turns on the one connection."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._client: SMTP | None = None
        self._turn = asyncio.Lock()

    async def deliver(self, reply: Reply) -> Outcome:
        """What the server said to this reply, or how far it got. Raises nothing."""
        async with self._turn:
            try:
                return await self._deliver(reply)
            except _Stopped as stopped:
                return stopped.trouble
            except asyncio.CancelledError:
                self._drop()  # else the answer that was not waited for would be taken for the next command's
                raise

    async def check(self, sender: str) -> None:
        """Connect, log in, offer `sender` as reverse-path; sends nothing. Raises TransportError with the reason."""
        async with self._turn:
            try:
                client = await self._connected()
                await self._offer(client, _wire(sender), [])
                await self._reset(client, 0)
            except _Stopped as stopped:
                raise TransportError(stopped.trouble.text) from stopped

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
                raise _Stopped(Stage.RECIPIENT, 553, f"{address!r} is not an address")
        cancelled_before = _cancelled()
        reused = self._client is not None
        try:
            client = await self._begin(sender, recipients, reply)
        except _Stopped as stopped:
            if not reused or self._client is not None:
                raise
            log.debug("smtp: connecting anew: %s", stopped)  # it was closed while nobody looked
            client = await self._begin(sender, recipients, reply)
        for recipient in recipients:
            _heed(cancelled_before)
            with self._stopping_at(Stage.RECIPIENT, "RCPT TO"):
                try:
                    await client.rcpt(recipient, encoding="utf-8")
                except SMTPRecipientRefused as refusal:
                    await self._reset(client, refusal.code)
                    text = f"{refusal.recipient}: {refusal.message}"
                    raise _Stopped(Stage.RECIPIENT, refusal.code, text) from refusal
        _heed(cancelled_before)
        with self._stopping_at(Stage.MESSAGE, "lost after DATA"):
            try:
                return Delivered((await client.data(reply.content)).message)
            except SMTPDataError as refusal:
                await self._reset(client, refusal.code)
                raise _Stopped(Stage.MESSAGE, refusal.code, refusal.message) from refusal

    async def _begin(self, sender: str, recipients: list[str], reply: Reply) -> SMTP:
        """A connection that has accepted MAIL FROM."""
        client = await self._connected()
        options = []
        if client.supports_extension("size"):
            options.append(f"SIZE={len(reply.content)}")
        if client.supports_extension("8bitmime") and not reply.content.isascii():
            options.append("BODY=8BITMIME")
        if not all(address.isascii() for address in (sender, *recipients)):
            if not client.supports_extension("smtputf8"):
                raise _Stopped(
                    Stage.RECIPIENT, 553, "this server can't send to an address with umlauts before the @ (no SMTPUTF8)"
                )
            options.append("SMTPUTF8")
        await self._offer(client, sender, options)
        return client

    async def _offer(self, client: SMTP, sender: str, options: list[str]) -> None:
        with self._stopping_at(Stage.SESSION, "MAIL FROM"):
            try:
                await client.mail(sender, options=options, encoding="utf-8")
            except SMTPSenderRefused as refusal:
                await self._reset(client, refusal.code)
                stage = Stage.MESSAGE if refusal.code == TOO_LARGE else Stage.SESSION
                text = f"{self._server}: the sender {sender} was refused: {refusal.code} {refusal.message}"
                raise _Stopped(stage, refusal.code, text) from refusal

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
        with self._stopping_at(Stage.CONNECTION, "connecting"):
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
    def _stopping_at(self, stage: Stage, doing: str) -> Iterator[None]:
        """Let nothing but _Stopped out; after whatever was no clear answer to `doing` the connection is gone."""
        try:
            yield
        except _Stopped:
            raise
        except (SMTPException, OSError, ValueError) as error:
            self._drop()
            code = error.code if stage is Stage.CONNECTION and isinstance(error, SMTPResponseException) else 0
            raise _Stopped(stage, code, f"{self._server}: {doing}: {_words(error)}") from error


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


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
