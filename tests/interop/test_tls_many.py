"""Many transfers, by real clients that once made a server refuse some of them.

Sessions that share one cache of TLS sessions resume by chance (``curl -Z``, rclone), and a passive port that comes
again makes Java resume an earlier data connection, had that given it anything.
"""

from __future__ import annotations

import atexit
from functools import lru_cache

from twisted.trial.unittest import SkipTest

from tests.interop.server import run
from tests.interop.test_tls_clients import ClientCase
from tests.interop.test_tls_libraries import COMMONS_NET, NPM
from tests.interop.tls_server import TlsServer
from tests.interop.trees import contents, octets

BASIC_FTP = """\
const {Client} = require("basic-ftp");
const {Readable, Writable} = require("stream");
const [port, maxVersion, folder, count] = process.argv.slice(2);

async function main() {
    const client = new Client(20000);
    const secureOptions = {rejectUnauthorized: false, maxVersion};
    await client.access({host: "127.0.0.1", port, user: "alice", password: "secret", secure: true, secureOptions});
    await client.cd(folder);
    for (let at = 0; at < count; at++) {
        const data = Buffer.alloc(1 + at * 37 % 5000, at);
        await client.uploadFrom(Readable.from([data]), "file");
        const pieces = [];
        const sink = new Writable({write(piece, encoding, done) { pieces.push(piece); done(); }});
        await client.downloadTo(sink, "file");
        if (!Buffer.concat(pieces).equals(data)) throw new Error("other bytes came back at " + at);
        if ((await client.list()).length !== 1) throw new Error("another listing at " + at);
        let refused = null;
        try { await client.downloadTo(sink, "missing"); } catch (problem) { refused = problem; }
        if (refused === null || refused.code !== 550) throw new Error("no 550 at " + at + ": " + refused);
    }
    client.close();
}
main().catch(problem => { console.error(problem); process.exit(1); });
"""

JAVA = """\
import java.io.*;
import java.util.Arrays;
import org.apache.commons.net.ftp.*;
import org.apache.commons.net.util.TrustManagerUtils;

public class Many {
    public static void main(String[] options) throws Exception {
        FTPSClient client = new FTPSClient("TLS", false);
        client.setTrustManager(TrustManagerUtils.getAcceptAllTrustManager());
        client.connect("127.0.0.1", Integer.parseInt(options[0]));
        if (!client.login("alice", "secret")) throw new IOException(client.getReplyString());
        client.execPBSZ(0);
        client.execPROT("P");
        client.setFileType(FTP.BINARY_FILE_TYPE);
        if (options[1].equals("passive")) client.enterLocalPassiveMode(); else client.enterLocalActiveMode();
        client.changeWorkingDirectory(options[2]);
        for (int at = 0; at < Integer.parseInt(options[3]); at++) {
            byte[] data = new byte[at * 37 % 5000];
            Arrays.fill(data, (byte) at);
            if (!client.storeFile("file", new ByteArrayInputStream(data))) fail(client, at);
            ByteArrayOutputStream sink = new ByteArrayOutputStream();
            if (!client.retrieveFile("file", sink)) fail(client, at);
            if (!Arrays.equals(sink.toByteArray(), data)) throw new IOException("other bytes came back at " + at);
            if (client.listFiles().length != 1) fail(client, at);
            if (client.retrieveFile("missing", sink) || client.getReplyCode() != 550) fail(client, at);
        }
        client.logout();
        client.disconnect();
    }

    static void fail(FTPSClient client, int at) throws IOException {
        throw new IOException("at " + at + ": " + client.getReplyString());
    }
}
"""


@lru_cache(maxsize=1)
def two_port_server() -> TlsServer:
    """One server with two passive ports; it ends with the test run."""
    server = TlsServer()
    atexit.register(server.stop)
    text = server.configuration.read_text()
    ports = f"{server.free_port()}, {server.free_port()}"
    server.configuration.write_text(f"{text}data_connections: {{passive_ports: '{ports}'}}\n")
    server.start()
    return server


class ManyCase(ClientCase):
    """Clients of a server that says nothing of resumption.

    :ivar count: how many files, or rounds of transfers.
    """

    resumption = "report"
    count = 12


class ParallelCurlTests(ManyCase):
    """``curl -Z``: a few sessions, and one cache for all of them."""

    program = "curl"

    def transfer(self, version: str) -> None:
        """All files up, and all of them down."""
        url = f"ftp://127.0.0.1:{self.server.required}/{self.name}"
        for folder in ("up", "down"):
            (self.local / folder).mkdir()
        for number in range(self.count):
            (self.local / "up" / f"{number}").write_bytes(octets(number * 997 % 20_000))
        ups = (f'upload-file = "up/{number}"\nurl = "{url}/{number}"' for number in range(self.count))
        downs = (f'output = "down/{number}"\nurl = "{url}/{number}"' for number in range(self.count))
        options = ("curl", "-sS", "-k", "--ssl-reqd", "-u", "alice:secret", "--tls-max", version, "--fail-early")
        for name, lines in (("ups", ups), ("downs", downs)):
            (self.local / name).write_text("\n".join(lines))
            self.succeed(*options, "-Z", "--parallel-max", "3", "-K", name)
        self.assertEqual(contents(self.remote), contents(self.local / "up"))
        self.assertEqual(contents(self.local / "down"), contents(self.local / "up"))

    def test_curl_in_parallel(self) -> None:
        """TLS 1.3."""
        self.transfer("1.3")

    def test_curl_in_parallel_by_tls_1_2(self) -> None:
        """The older version."""
        self.transfer("1.2")


class RcloneTests(ManyCase):
    """rclone: four transfers at once, and Go's one cache for all of them."""

    program = "rclone"

    def test_rclone_copies_both_ways(self) -> None:
        """With its default parallelism."""
        tree = self.local / "tree"
        tree.mkdir()
        for number in range(self.count):
            (tree / f"{number}").write_bytes(octets(1 + number * 997 % 20_000))
        secret = run("rclone", "obscure", "secret").stdout.decode().strip()
        where = f":ftp,host=127.0.0.1,port={self.server.required},user=alice,pass={secret},explicit_tls=true,"
        remote = f"{where}no_check_certificate=true:{self.name}"
        # Without retries, which would hide a file that was refused.
        rclone = ("rclone", "--config", "", "copy", "--retries", "1", "--low-level-retries", "1")
        self.succeed(*rclone, "tree", remote)
        self.assertEqual(contents(self.remote), contents(tree))
        self.succeed(*rclone, remote, "down")
        self.assertEqual(contents(self.local / "down"), contents(tree))


class TwoPortCase(ManyCase):
    """One session, and two passive ports that come again and again."""

    def setUp(self) -> None:
        """Move to the server that has two."""
        super().setUp()
        self.remote.rmdir()
        self.server = two_port_server()
        self.remote = self.server.home / self.name
        self.remote.mkdir()


class ManyBasicFtpTests(TwoPortCase):
    """npm's basic-ftp: files up and down, listings, and refusals, which it takes for no end."""

    program = "node"

    def setUp(self) -> None:
        """Write the program."""
        if not (NPM / "basic-ftp").is_dir():
            raise SkipTest(f"basic-ftp is not in {NPM}; .ci/run installs it")
        super().setUp()
        (self.local / "many.js").write_text(BASIC_FTP)

    def rounds(self, version: str) -> None:
        """All of them in one session."""
        node = ("env", f"NODE_PATH={NPM}", "node", "many.js", str(self.server.required))
        self.succeed(*node, version, self.name, str(self.count))

    def test_many_by_basic_ftp(self) -> None:
        """TLS 1.3."""
        self.rounds("TLSv1.3")

    def test_many_by_basic_ftp_and_tls_1_2(self) -> None:
        """The older version."""
        self.rounds("TLSv1.2")


class ManyCommonsNetTests(TwoPortCase):
    """Apache commons-net, which caches by host and port."""

    program = "javac"

    def setUp(self) -> None:
        """Write the program."""
        if not COMMONS_NET.exists():
            raise SkipTest(f"{COMMONS_NET} is missing; .ci/run installs libcommons-net-java")
        super().setUp()
        (self.local / "Many.java").write_text(JAVA)

    def rounds(self, mode: str, version: str) -> None:
        """All of them in one session."""
        java = ("java", "-cp", str(COMMONS_NET), f"-Djdk.tls.client.protocols={version}", "Many.java")
        self.succeed(*java, str(self.server.required), mode, self.name, str(self.count))

    def test_many_by_commons_net(self) -> None:
        """To passive ports, by TLS 1.3."""
        self.rounds("passive", "TLSv1.3")

    def test_many_by_commons_net_in_active_mode(self) -> None:
        """The server always dials from the same port; TLS 1.2."""
        self.rounds("active", "TLSv1.2")
