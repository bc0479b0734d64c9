"""The private servers, started once in a test run (once in each process under xdist) when the first test needs them."""

import shutil
from collections.abc import Iterator

import pytest

from tests.servers import ground
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.pymap_server import Pymap


@pytest.fixture(scope="session")
def certificate() -> Iterator[ground.Certificate]:
    """A certificate for localhost and its private authority."""
    where = ground.directory("certificate")
    yield ground.certificate(where)
    shutil.rmtree(where)


@pytest.fixture(scope="session")
def bad_certificates(certificate: ground.Certificate) -> Iterator[dict[str, ground.Certificate]]:
    """Certificates that nobody should trust, by what is wrong with them."""
    where = ground.directory("certificates")
    for name in ("expired", "self-signed", "other"):
        (where / name).mkdir()
    yield {
        "expired": ground.certificate(where / "expired", days=-1),
        "self-signed": ground.self_signed(where / "self-signed", certificate.ca),
        "of another host": ground.certificate(where / "other", names="DNS:mail.example.net"),
    }
    shutil.rmtree(where)


@pytest.fixture(scope="session")
def dovecot(certificate: ground.Certificate) -> Iterator[Dovecot]:
    """A running Dovecot; take a user name of your own in each test."""
    server = Dovecot(certificate)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postfix(certificate: ground.Certificate, dovecot: Dovecot) -> Iterator[Postfix]:
    """A running Postfix that delivers into `dovecot`."""
    server = Postfix(certificate, dovecot)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def pymap() -> Iterator[Pymap]:
    """A running pymap."""
    server = Pymap()
    yield server
    server.stop()
