from ftplib import FTP
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from ftpd_service.config.load import load
from ftpd_service.service import FtpService

CONFIGURATION = """
listeners: [{endpoint: "tcp:0:interface=127.0.0.1"}]
accounts: {alice: {password: "{plain}secret", home: files, permissions: all}}
"""


class UploadTests(TestCase):
    def setUp(self):
        folder = Path(self.mktemp())
        (folder / "files").mkdir(parents=True)
        (folder / "ftpd.yaml").write_text(CONFIGURATION)
        self.service = FtpService(load(str(folder / "ftpd.yaml"), {}), None, reactor)
        self.service.privilegedStartService()
        self.service.startService()
        self.addCleanup(self.service.stopService)
        self.port = self.service.ports[0].getHost().port

    def test_login(self):
        return deferToThread(self.log_in)

    def log_in(self):
        with FTP() as client:
            client.connect("127.0.0.1", self.port)
            client.login("alice", "secret")
            self.assertEqual(client.pwd(), "/")
