import threading

import pytest
from twisted.internet import reactor as installed
from twisted.internet.threads import blockingCallFromThread

from ftpd_service.config.load import load
from ftpd_service.service import FtpService

CONFIGURATION = """
listeners: [{endpoint: "tcp:0:interface=127.0.0.1"}]
accounts: {alice: {password: "{plain}secret", home: files, permissions: all}}
limits: {drain_timeout: 1s}
"""


@pytest.fixture(scope="session")
def reactor():
    thread = threading.Thread(target=installed.run, kwargs={"installSignalHandlers": False}, daemon=True)
    thread.start()
    yield installed
    installed.callFromThread(installed.stop)
    thread.join(10)


@pytest.fixture
def ftp_port(reactor, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "ftpd.yaml").write_text(CONFIGURATION)

    def started():
        service = FtpService(load(str(tmp_path / "ftpd.yaml"), {}), None, reactor)
        service.privilegedStartService()
        service.startService()
        return service

    service = blockingCallFromThread(reactor, started)
    yield service.ports[0].getHost().port
    blockingCallFromThread(reactor, service.stopService)
