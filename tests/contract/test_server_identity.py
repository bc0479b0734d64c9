"""Who the server is, is checked before anything is told it: certificates, and somebody in the middle before TLS.

The same for the way in and the way out: the password is never seen in clear, whatever is done to the connection.
"""

import base64
import itertools
import re
import ssl
from collections.abc import Callable

import pytest

from inbox_worker.adapters.imap import ImapMailbox
from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.config import ImapSettings, SmtpSettings
from inbox_worker.core.delivery import Delivered, Reply, Stage, Trouble
from inbox_worker.errors import MailboxAuthError, MailboxError
from tests.servers import ground, imap_proxy, smtp_proxy
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.imap_proxy import preauth, say_bye
from tests.servers.postfix import Postfix
from tests.servers.proxy import GREETING, Misbehaviour, Proxy, refuse

REPLY = Reply("<1@z.example>", "desk@z.example", ("anke@zeitung.example",), b"Message-ID: <1@z.example>\r\n\r\nTag\r\n")
SECURITIES = ["tls", "starttls"]
UNTRUSTED = {"expired": "has expired", "self-signed": "self.signed", "of another host": "[Hh]ostname mismatch"}

_users = itertools.count(1)


@pytest.fixture
def user() -> str:
    return f"identity{next(_users)}@example.org"


def context(certificate: ground.Certificate) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate.cert, certificate.key)
    return made


def at(port: int, user: str, certificate: ground.Certificate, security: str) -> dict[str, object]:
    """Settings of either server, behind a proxy."""
    where = {"host": ground.HOST, "port": port, "security": security, "ca_file": certificate.ca}
    return where | {"username": user, "password": PASSWORD}


def how(security: str, certificate: ground.Certificate) -> dict[str, ssl.SSLContext]:
    """What a proxy needs to speak TLS at the right moment."""
    return {security: context(certificate)}


def was_secret(proxy: Proxy, user: str) -> bool:
    """Whether nothing of the password was sent in clear, in any of the ways that the protocols have."""
    plain = base64.b64encode(f"\0{user}\0{PASSWORD}".encode())
    parts = (plain, base64.b64encode(PASSWORD.encode()), PASSWORD.encode(), b"AUTH", b"LOGIN", b"MAIL FROM")
    return not any(part in proxy.clear.upper() or part in proxy.clear for part in parts)


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize("wrong", UNTRUSTED)
async def test_an_imap_server_with_such_a_certificate_gets_no_password(
    dovecot: Dovecot, bad_certificates: dict[str, ground.Certificate], user: str, wrong: str, security: str
) -> None:
    bad = bad_certificates[wrong]
    async with imap_proxy.imap_proxy(dovecot.imap, **how(security, bad)) as proxy:
        mailbox = ImapMailbox(ImapSettings.model_validate(at(proxy.port, user, bad, security)))
        with pytest.raises(MailboxError, match=f"certificate is not trusted: .*{UNTRUSTED[wrong]}"):
            await mailbox.open()
        await mailbox.close()
        assert "AUTHENTICATE" not in proxy.names()
        assert was_secret(proxy, user)


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize("wrong", UNTRUSTED)
async def test_an_smtp_server_with_such_a_certificate_gets_no_password_and_no_mail(
    postfix: Postfix, bad_certificates: dict[str, ground.Certificate], user: str, wrong: str, security: str
) -> None:
    bad = bad_certificates[wrong]
    async with smtp_proxy.smtp_proxy(postfix.smtp, **how(security, bad)) as proxy:
        transport = SmtpTransport(SmtpSettings.model_validate(at(proxy.port, user, bad, security)))
        outcome = await transport.deliver(REPLY)
        assert isinstance(outcome, Trouble)
        assert outcome.stage is Stage.CONNECTION
        assert re.search(f"certificate is not trusted: .*{UNTRUSTED[wrong]}", outcome.text)
        await transport.close()
        assert not {"AUTH", "MAIL"} & set(proxy.names())
        assert was_secret(proxy, user)


@pytest.mark.parametrize("security", SECURITIES)
async def test_the_proxy_itself_is_not_what_is_distrusted(
    dovecot: Dovecot, postfix: Postfix, certificate: ground.Certificate, user: str, security: str
) -> None:
    async with imap_proxy.imap_proxy(dovecot.imap, **how(security, certificate)) as proxy:
        mailbox = ImapMailbox(ImapSettings.model_validate(at(proxy.port, user, certificate, security)))
        assert (await mailbox.open()).uidnext == 1
        await mailbox.close()
        assert "AUTHENTICATE" in proxy.names()
        assert was_secret(proxy, user)
    async with smtp_proxy.smtp_proxy(postfix.smtp, **how(security, certificate)) as proxy:
        transport = SmtpTransport(SmtpSettings.model_validate(at(proxy.port, user, certificate, security)))
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()
        assert "AUTH" in proxy.names()
        assert was_secret(proxy, user)


@pytest.mark.parametrize(
    ("command", "misbehaviour", "rewrite"),
    [
        ("NOTHING", refuse("NO"), imap_proxy.without("STARTTLS")),
        ("STARTTLS", refuse("NO not available"), None),
        ("STARTTLS", refuse("BAD unknown command"), None),
        ("STARTTLS", refuse("OK but never begins"), None),
        ("STARTTLS", say_bye, None),
        (GREETING, preauth, None),
    ],
    ids=["not offered", "refused", "unknown", "agreed to and not done", "left", "already logged in"],
)
async def test_when_starttls_is_taken_away_the_imap_server_gets_no_password(
    dovecot: Dovecot,
    certificate: ground.Certificate,
    user: str,
    *,
    command: str,
    misbehaviour: Misbehaviour,
    rewrite: Callable[[bytes], bytes] | None,
) -> None:
    async with imap_proxy.imap_proxy(dovecot.imap, starttls=context(certificate)) as proxy:
        proxy.misbehave(command, misbehaviour)
        proxy.rewrites += [rewrite] if rewrite else []
        settings = at(proxy.port, user, certificate, "starttls") | {"connect_timeout": 2, "read_timeout": 2}
        mailbox = ImapMailbox(ImapSettings.model_validate(settings))
        with pytest.raises(MailboxError):
            await mailbox.open()
        await mailbox.close()
        assert proxy.clear
        assert was_secret(proxy, user)


@pytest.mark.parametrize(
    ("misbehaviour", "rewrite"),
    [
        (None, smtp_proxy.without_starttls),
        (refuse("454 4.7.0 not available"), None),
        (refuse("502 5.5.1 unknown command"), None),
        (refuse("220 but never begins"), None),
    ],
    ids=["not offered", "refused", "unknown", "agreed to and not done"],
)
async def test_when_starttls_is_taken_away_the_smtp_server_gets_no_password_and_no_mail(
    postfix: Postfix,
    certificate: ground.Certificate,
    user: str,
    misbehaviour: Misbehaviour | None,
    rewrite: Callable[[bytes], bytes] | None,
) -> None:
    async with smtp_proxy.smtp_proxy(postfix.smtp, starttls=context(certificate)) as proxy:
        if misbehaviour:
            proxy.misbehave("STARTTLS", misbehaviour)
        proxy.rewrites += [rewrite] if rewrite else []
        settings = at(proxy.port, user, certificate, "starttls") | {"timeout": 2}
        transport = SmtpTransport(SmtpSettings.model_validate(settings))
        outcome = await transport.deliver(REPLY)
        assert isinstance(outcome, Trouble)
        assert outcome.stage is Stage.CONNECTION
        await transport.close()
        assert proxy.clear
        assert was_secret(proxy, user)


async def test_what_is_said_in_clear_before_tls_is_not_believed_by_the_imap_side(
    dovecot: Dovecot, certificate: ground.Certificate, user: str
) -> None:
    async with imap_proxy.imap_proxy(dovecot.imap, starttls=context(certificate)) as proxy:
        proxy.misbehave("STARTTLS", imap_proxy.inject_before_tls)
        mailbox = ImapMailbox(ImapSettings.model_validate(at(proxy.port, user, certificate, "starttls")))
        try:
            await mailbox.open()
        except MailboxAuthError:
            raise
        except MailboxError:  # to break off is right, too
            pass
        await mailbox.close()
        assert was_secret(proxy, user)


async def test_what_is_said_in_clear_before_tls_is_not_believed_by_the_smtp_side(
    postfix: Postfix, certificate: ground.Certificate, user: str
) -> None:
    async with smtp_proxy.smtp_proxy(postfix.smtp, starttls=context(certificate)) as proxy:
        proxy.misbehave("STARTTLS", smtp_proxy.inject_before_tls)
        transport = SmtpTransport(SmtpSettings.model_validate(at(proxy.port, user, certificate, "starttls")))
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()
        assert was_secret(proxy, user)


async def test_without_tls_one_would_see_the_password(dovecot: Dovecot, postfix: Postfix, user: str) -> None:
    settings = {"host": ground.HOST, "security": "none", "username": user, "password": PASSWORD}
    async with imap_proxy.imap_proxy(dovecot.imap) as proxy:
        mailbox = ImapMailbox(ImapSettings.model_validate(settings | {"port": proxy.port}))
        await mailbox.open()
        await mailbox.close()
        assert not was_secret(proxy, user)
    async with smtp_proxy.smtp_proxy(postfix.smtp) as proxy:
        transport = SmtpTransport(SmtpSettings.model_validate(settings | {"port": proxy.port}))
        await transport.check("desk@z.example")
        await transport.close()
        assert not was_secret(proxy, user)
