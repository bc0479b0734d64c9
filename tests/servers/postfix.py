"""A private Postfix: SMTP with STARTTLS and with TLS, login against Dovecot, delivery into Dovecot through LMTP.

Every address of every domain has a mailbox there, so a reply lands in the journalist's own. Three are different:
`niemand@…` is refused with 550, `spaeter@…` is put off with 450, and what is taken for `zurueck-…@…` comes back.
Postfix's master only runs as root.
"""

import os
import shutil
import smtplib
import subprocess
import time
from pathlib import Path

from tests.servers import ground
from tests.servers.dovecot import Dovecot

_MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/postfix.log
maillog_file_prefixes = {dir}
maillog_file_permissions = 0644
myhostname = mx.test.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
virtual_alias_maps = regexp:{dir}/aliases
transport_maps = inline:{{ {{ nirgends.invalid = error:5.2.2 mailbox is full }} }}
recipient_delimiter = +
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access regexp:{dir}/recipients, permit_mynetworks, reject
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_tls_auth_only = no
smtpd_client_connection_rate_limit = 0
smtputf8_enable = yes
process_id_directory = pid
smtpd_delay_reject = yes
"""

_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """The running server."""

    host = ground.HOST

    def __init__(self, certificate: ground.Certificate, dovecot: Dovecot) -> None:
        postfix = ground.program("postfix", "postfix")
        assert os.geteuid() == 0, "Postfix only starts as root: run the tests as root, e.g. in a container"
        self.directory = ground.directory("postfix")
        self.ca_file = certificate.ca
        self.smtp, self.smtps = ground.free_ports(2)
        self._command = [postfix, "-c", str(self.directory / "etc")]
        etc = self.directory / "etc"
        for name in ("etc", "queue", "data"):
            (self.directory / name).mkdir()
        shutil.chown(self.directory / "data", "postfix")
        values = {"dir": self.directory, "lmtp": dovecot.lmtp, "sasl": dovecot.sasl}
        main = _MAIN.format(cert=certificate.cert, key=certificate.key, **values)
        (etc / "main.cf").write_text(main, encoding="ascii")
        (etc / "master.cf").write_text(_MASTER.format(smtp=self.smtp, smtps=self.smtps), encoding="ascii")
        (self.directory / "recipients").write_text(
            "/^niemand@/ 550 5.1.1 no such person\n/^spaeter@/ 450 4.2.0 come back later\n", encoding="ascii"
        )
        (self.directory / "aliases").write_text("/^zurueck-/ somebody@nirgends.invalid\n", encoding="ascii")
        try:
            self._process = subprocess.Popen(
                [*self._command, "start-fg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
            )
            for port in (self.smtp, self.smtps):
                ground.await_port(port, lambda: self._process.poll() is None, self.log)
        except BaseException:
            self.stop()
            raise

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.directory / "postfix.log"

    def stop(self) -> None:
        """End the server with its children (each leads a group of its own), and remove its queue."""
        subprocess.run([*self._command, "abort"], capture_output=True, check=False)
        ground.end(self._process)
        shutil.rmtree(self.directory, ignore_errors=True)

    def submit(self, raw: bytes, *, sender: str, to: str) -> None:
        """Send a mail as a stranger would; it is on its way when this returns, not yet delivered."""
        with smtplib.SMTP(ground.ADDRESS, self.smtp) as smtp:
            options = ["SMTPUTF8"] if not (sender + to).isascii() else []
            smtp.sendmail(sender, [to], raw, mail_options=options)

    def waiting(self) -> list[Path]:
        """The mails in its queue: accepted, not yet delivered."""
        parts = ("maildrop", "incoming", "active", "deferred")
        return [path for part in parts for path in (self.directory / "queue" / part).rglob("*") if path.is_file()]


def awaited(dovecot: Dovecot, user: str, count: int = 1, *, folder: str = "INBOX", limit: float = 20) -> list[bytes]:
    """The mails of `user` as soon as there are `count`; what there is after `limit` seconds otherwise."""
    end = time.monotonic() + limit
    while len(found := dovecot.mails(user, folder)) < count and time.monotonic() < end:
        time.sleep(0.05)
    return found
