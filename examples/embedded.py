"""An FTP and an HTTP server for one folder in one program: alice's uploads are web pages at once.

python embedded.py [FOLDER [FTP-PORT HTTP-PORT]]
"""

import sys
from pathlib import Path

from twisted.application.service import MultiService
from twisted.application.strports import service as listening
from twisted.internet import reactor
from twisted.web.server import Site
from twisted.web.static import File
from uploads import UploadLines

from ftpd_service.config.load import load
from ftpd_service.service import FtpService

CONFIGURATION = """
listeners: [{{endpoint: "tcp:{port}:interface=127.0.0.1"}}]
accounts: {{alice: {{password: "{{plain}}secret", home: pages, permissions: all, create_home: true}}}}
"""


def write(line):
    sys.stdout.write(line)
    sys.stdout.flush()


def main(folder="served", ftp_port="2121", http_port="8080"):
    place = Path(folder)
    (place / "pages").mkdir(parents=True, exist_ok=True)
    (place / "ftpd.yaml").write_text(CONFIGURATION.format(port=ftp_port))
    program = MultiService()
    configuration = load(str(place / "ftpd.yaml"), {})
    FtpService(configuration, None, reactor, observers=[UploadLines(write)]).setServiceParent(program)
    pages = Site(File(str(place / "pages")))
    listening(f"tcp:{http_port}:interface=127.0.0.1", pages).setServiceParent(program)
    program.privilegedStartService()
    program.startService()
    reactor.addSystemEventTrigger("before", "shutdown", program.stopService)
    reactor.callWhenRunning(write, "ready\n")
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
