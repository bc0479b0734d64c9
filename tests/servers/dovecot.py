"""A private Dovecot: IMAP (plain, STARTTLS, TLS), LMTP, and the login service for Postfix.

Any user name exists, with PASSWORD and (for the LOGIN command) ASCII_PASSWORD; each test takes a fresh one.
127.0.0.2 is the same server without MOVE, 127.0.0.3 without MOVE, UIDPLUS and IDLE, as older servers are, and
127.0.0.4 heeds `dovecot-acl` files. Drafts and Sent have German names and SPECIAL-USE.
Runs as root (as in CI) and as an ordinary user, then with that user's rights.
"""

import grp
import os
import pwd
import shutil
import smtplib
import subprocess
from pathlib import Path

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from tests.servers import ground
from tests.servers.view import MailView

PASSWORD = "Schlüssel-7"
ASCII_PASSWORD = "Schluessel-7"
DRAFTS, SENT = "Entwürfe", "Gesendet"

_CONFIG = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
listen = 127.0.0.1, 127.0.0.2, 127.0.0.3, 127.0.0.4
protocols = imap lmtp
{users}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 0
auth_username_format = %Lu
recipient_delimiter = +
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
mail_max_userip_connections = 1000
passdb {{
  driver = static
  args = password={password}
}}
passdb {{
  driver = static
  args = password={ascii_password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
  mailbox "{drafts}" {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox "{sent}" {{
    special_use = \\Sent
    auto = subscribe
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_min_avail = 2
  service_count = 200
}}
service lmtp {{
  process_min_avail = 1
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
local 127.0.0.2 {{
  protocol imap {{
    imap_capability = IMAP4rev1 LITERAL+ IDLE NAMESPACE UIDPLUS SPECIAL-USE
  }}
}}
local 127.0.0.3 {{
  protocol imap {{
    imap_capability = IMAP4rev1 LITERAL+ NAMESPACE SPECIAL-USE
  }}
}}
local 127.0.0.4 {{
  protocol imap {{
    mail_plugins = acl
  }}
}}
plugin {{
  acl = vfile
}}
"""


class Dovecot(MailView):
    """The running server."""

    password = PASSWORD

    def __init__(self, certificate: ground.Certificate, *, prefix: str = "", separator: str = "/") -> None:
        dovecot = ground.program("dovecot", "dovecot-imapd dovecot-lmtpd")
        self.directory = ground.directory("dovecot")
        self.ca_file = certificate.ca
        self.imap, self.imaps, self.lmtp, self.sasl = ground.free_ports(4)
        root = os.geteuid() == 0
        me, mine = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        own = f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {mine}"
        uid, gid = ("mail", "mail") if root else (str(os.geteuid()), str(os.getegid()))
        mail = self.directory / "mail"
        mail.mkdir()
        if root:
            shutil.chown(mail, uid, gid)
        config = self.directory / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                dir=self.directory,
                users="" if root else own,
                cert=certificate.cert,
                key=certificate.key,
                password=PASSWORD,
                ascii_password=ASCII_PASSWORD,
                uid=uid,
                gid=gid,
                prefix=prefix,
                separator=separator,
                drafts=DRAFTS,
                sent=SENT,
                imap=self.imap,
                imaps=self.imaps,
                lmtp=self.lmtp,
                sasl=self.sasl,
            ),
            encoding="utf-8",
        )
        self._process = subprocess.Popen(
            [dovecot, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
        )
        try:
            for port in (self.imap, self.imaps, self.lmtp, self.sasl):
                ground.await_port(port, lambda: self._process.poll() is None, self.log)
        except BaseException:
            self.stop()
            raise

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.directory / "dovecot.log"

    def stop(self) -> None:
        """End the server and remove all its mail."""
        ground.end(self._process)
        shutil.rmtree(self.directory, ignore_errors=True)

    def log_in(self, client: IMAPClient, user: str) -> None:
        """Log in as `user`; the password has an umlaut, which only SASL carries."""
        client.plain_login(user, PASSWORD)

    def maildir(self, user: str) -> Path:
        """Where the mails of `user` lie as files."""
        return self.directory / "mail" / user / "Maildir"

    def deliver(self, user: str, raw: bytes, *, sender: str = "jemand@example.org") -> None:
        """Hand a mail in through LMTP, as Postfix does: with Return-Path, Delivered-To and Received."""
        with smtplib.LMTP(ground.ADDRESS, self.lmtp) as lmtp:
            lmtp.sendmail(sender, [user], raw)
