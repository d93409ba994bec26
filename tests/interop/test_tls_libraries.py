"""Libraries of other languages that programs use, and wget, over TLS: trees up and down, byte-exact.

Of what Debian packages, ncftp and tnftp are built without TLS for FTP, and wget2 speaks no FTP at all.
"""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.interop.test_tls_clients import ClientCase
from tests.interop.trees import contents, make_names, make_sizes

NPM = Path(__file__).parents[2] / "run" / "npm" / "node_modules"
"""Where .ci/run installs what comes from npm."""

COMMONS_NET = Path("/usr/share/java/commons-net.jar")
"""Where Debian's libcommons-net-java puts it."""

BASIC_FTP = """\
const {Client} = require("basic-ftp");
const [port, secure, maxVersion, folder] = process.argv.slice(2);
async function main() {
    const client = new Client(20000);
    try {
        await client.access({
            host: "127.0.0.1", port: Number(port), user: "alice", password: "secret",
            secure: secure === "implicit" ? "implicit" : true,
            secureOptions: {rejectUnauthorized: false, maxVersion},
        });
        await client.uploadFromDir("tree", folder + "/up");
        await client.downloadToDir("down", folder + "/up");
    } finally {
        client.close();
    }
}
main().catch(problem => { console.error(problem); process.exit(1); });
"""

JAVA = """\
import java.io.*;
import java.lang.reflect.*;
import java.net.Socket;
import java.util.Locale;
import javax.net.ssl.*;
import org.apache.commons.net.ftp.*;
import org.apache.commons.net.util.TrustManagerUtils;

public class Round {
    static FTPSClient client;

    // What programs do that must resume: they put the session where Java looks for that of the data connection.
    static class Resuming extends FTPSClient {
        Resuming(boolean implicit) { super("TLS", implicit); }

        @Override protected void _prepareDataSocket_(Socket socket) throws IOException {
            try {
                SSLSession session = ((SSLSocket) _socket_).getSession();
                Field field = session.getSessionContext().getClass().getDeclaredField("sessionHostPortCache");
                field.setAccessible(true);
                Object cache = field.get(session.getSessionContext());
                Method put = cache.getClass().getDeclaredMethod("put", Object.class, Object.class);
                put.setAccessible(true);
                String port = String.valueOf(socket.getPort());
                String address = socket.getInetAddress().getHostAddress();
                String name = socket.getInetAddress().getHostName();
                put.invoke(cache, (address + ":" + port).toLowerCase(Locale.ROOT), session);
                put.invoke(cache, (name + ":" + port).toLowerCase(Locale.ROOT), session);
            } catch (ReflectiveOperationException problem) {
                throw new IOException(problem);
            }
        }
    }

    static void must(boolean done) throws IOException {
        if (!done) throw new IOException(client.getReplyString());
    }

    static void up(File local, String remote) throws IOException {
        must(client.makeDirectory(remote));
        for (File file : local.listFiles()) {
            String path = remote + "/" + file.getName();
            if (file.isDirectory()) { up(file, path); continue; }
            try (InputStream source = new FileInputStream(file)) { must(client.storeFile(path, source)); }
        }
    }

    static void down(String remote, File local) throws IOException {
        local.mkdir();
        for (FTPFile file : client.mlistDir(remote, each -> each != null && !each.getName().matches("[.]+"))) {
            String path = remote + "/" + file.getName();
            File target = new File(local, file.getName());
            if (file.isDirectory()) { down(path, target); continue; }
            try (OutputStream sink = new FileOutputStream(target)) { must(client.retrieveFile(path, sink)); }
        }
    }

    public static void main(String[] options) throws Exception {
        boolean implicit = options[1].equals("implicit");
        client = options[2].equals("resuming") ? new Resuming(implicit) : new FTPSClient("TLS", implicit);
        client.setTrustManager(TrustManagerUtils.getAcceptAllTrustManager());
        client.setControlEncoding("UTF-8");
        client.connect("127.0.0.1", Integer.parseInt(options[0]));
        must(client.login("alice", "secret"));
        client.execPBSZ(0);
        client.execPROT("P");
        must(client.setFileType(FTP.BINARY_FILE_TYPE));
        client.enterLocalPassiveMode();
        up(new File("tree"), options[3] + "/up");
        down(options[3] + "/up", new File("down"));
        must(client.logout());
        client.disconnect();
    }
}
"""


class TreeCase(ClientCase):
    """A tree on the client's side, that goes up as ``up`` and comes down as ``down``."""

    def setUp(self) -> None:
        """Make it."""
        super().setUp()
        self.tree = self.local / "tree"
        make_names(self.tree / "names")
        make_sizes(self.tree / "sizes", (0, 1, 65_536, 300_000))

    def assert_round(self) -> None:
        """The three trees are the same."""
        self.assertEqual(contents(self.remote / "up"), contents(self.tree))
        self.assertEqual(contents(self.local / "down"), contents(self.tree))


class BasicFtpTests(TreeCase):
    """npm's basic-ftp, which resumes the newest session that it has been given on any connection."""

    program = "node"
    resumption = "required"

    def setUp(self) -> None:
        """Write the program."""
        if not (NPM / "basic-ftp").is_dir():
            raise SkipTest(f"basic-ftp is not in {NPM}; .ci/run installs it")
        super().setUp()
        (self.local / "round.js").write_text(BASIC_FTP)
        # It takes a handshake for done as soon as the cipher is known, and node says no close_notify before it is done:
        # empty files are at random such as have been cut short, and refused.
        (self.tree / "sizes" / "size-0.bin").unlink()

    def round(self, port: int, kind: str, version: str = "TLSv1.3") -> None:
        """The tree up and down in one session."""
        self.succeed("env", f"NODE_PATH={NPM}", "node", "round.js", str(port), kind, version, self.name)
        self.assert_round()

    def test_basic_ftp_explicit(self) -> None:
        """TLS 1.3, where each connection brings the ticket for the next one."""
        self.round(self.server.required, "explicit")

    def test_basic_ftp_explicit_by_tls_1_2(self) -> None:
        """The older version."""
        self.round(self.server.required, "explicit", "TLSv1.2")

    def test_basic_ftp_implicit(self) -> None:
        """TLS from the first octet on."""
        self.round(self.server.implicit, "implicit")


class CommonsNetTests(TreeCase):
    """Apache commons-net's FTPSClient, which does not resume."""

    program = "java"

    def setUp(self) -> None:
        """Write the program."""
        if not COMMONS_NET.exists():
            raise SkipTest(f"{COMMONS_NET} is missing; .ci/run installs libcommons-net-java")
        super().setUp()
        (self.local / "Round.java").write_text(JAVA)

    def round(self, port: int, kind: str, how: str = "plainly", version: str = "TLSv1.3") -> None:
        """The tree up and down in one session."""
        opened = [f"--add-opens=java.base/sun.security.{package}=ALL-UNNAMED" for package in ("ssl", "util")]
        options = (f"-Djdk.tls.client.protocols={version}", *opened)
        java = ("env", "LC_ALL=C.UTF-8", "java", "-cp", str(COMMONS_NET), *options, "Round.java")
        self.succeed(*java, str(port), kind, how, self.name)
        self.assert_round()

    def test_commons_net_explicit(self) -> None:
        """AUTH TLS."""
        self.round(self.server.required, "explicit")

    def test_commons_net_implicit(self) -> None:
        """TLS from the first octet on."""
        self.round(self.server.implicit, "implicit")


class ResumingCommonsNetTests(CommonsNetTests):
    """The same as it is taught to resume, which needs TLS 1.2."""

    resumption = "required"

    def round(self, port: int, kind: str, how: str = "resuming", version: str = "TLSv1.2") -> None:
        """By the older version."""
        super().round(port, kind, how, version)


class WgetTests(TreeCase):
    """wget, which fetches only."""

    program = "wget"

    def fetch(self, port: int, *options: str) -> None:
        """The files of all sizes, down; it decodes a name's percent signs for its own file."""
        (self.tree / "sizes").rename(self.remote / "up")
        url = f"ftps://127.0.0.1:{port}/{self.name}/up/"
        wget = ("wget", "-q", "--no-check-certificate", "--tries=1", "--user=alice", "--password=secret")
        cut = ("-r", "-nH", "--cut-dirs=2", "-P", "down")
        self.succeed(*wget, *options, *cut, url)
        self.assertEqual(contents(self.local / "down"), contents(self.remote / "up"))

    def test_wget_explicit(self) -> None:
        """AUTH TLS."""
        self.fetch(self.server.required)

    def test_wget_implicit(self) -> None:
        """TLS from the first octet on."""
        self.fetch(self.server.implicit, "--ftps-implicit")


class ResumingWgetTests(WgetTests):
    """The same with the option that resumes."""

    resumption = "required"

    def fetch(self, port: int, *options: str) -> None:
        """One session after another."""
        super().fetch(port, "--ftps-resume-ssl", *options)
