"""Programs that people use, against a server in its own process: curl, lftp, ncftp, wget and tnftp."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import zlib
from functools import lru_cache
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run
from tests.interop.trees import (
    NAMES,
    RAW_NAME,
    contents,
    make_deep,
    make_many,
    make_names,
    make_sizes,
    octets,
)


@lru_cache(maxsize=1)
def shared_server() -> Server:
    """One server for all tests of this module, as trial has no fixtures of a class; it ends with the test run."""
    server = Server(extra="uploads: {umask: '022'}")
    atexit.register(server.stop)
    server.start()
    return server


class ClientCase(SynchronousTestCase):
    """A running server; each test has a folder of its own on both sides."""

    program = ""

    def setUp(self) -> None:
        """A folder of the server and one of the client, both empty."""
        if shutil.which(self.program) is None:
            raise SkipTest(f"{self.program} is not installed; .ci/run installs it")
        self.server = shared_server()
        name = self.id().rpartition(".")[2]
        self.remote = self.server.home / name
        self.remote.mkdir()
        self.local = self.server.folder / f"local-{name}"
        self.local.mkdir()
        self.url = f"{self.server.url}{name}/"
        self.path = f"/{name}"

    def succeed(self, *command: str, cwd: Path | None = None) -> bytes:
        """Run a client that must succeed: its output."""
        done = run(*command, cwd=None if cwd is None else str(cwd))
        text = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, 0, f"{command}: {text}")
        return done.stdout


class CurlTests(ClientCase):
    """curl: EPSV and PASV, SIZE before RETR, a CWD for each directory."""

    program = "curl"

    def put(self, data: bytes, *options: str, name: str = "file") -> None:
        """Upload octets under a name."""
        source = self.local / "source"
        source.write_bytes(data)
        self.succeed("curl", "-sS", *options, "-T", str(source), f"{self.url}{name}")

    def test_64_mib_go_up_and_come_back(self) -> None:
        """Byte-exact."""
        data = octets(64 * 1024 * 1024)
        self.put(data)
        self.assertEqual((self.remote / "file").read_bytes(), data)
        self.assertEqual(self.succeed("curl", "-sS", f"{self.url}file"), data)

    def test_an_empty_file_goes_up_and_comes_back(self) -> None:
        """curl closes before the 150 has arrived."""
        self.put(b"")
        self.assertEqual((self.remote / "file").read_bytes(), b"")
        self.assertEqual(self.succeed("curl", "-sS", f"{self.url}file"), b"")

    def test_sizes_about_the_buffers_come_back(self) -> None:
        """One octet less and one more."""
        make_sizes(self.remote)
        names = sorted(os.listdir(self.remote))
        self.succeed("curl", "-sS", "--remote-name-all", *[self.url + name for name in names], cwd=self.local)
        self.assertEqual(contents(self.local), contents(self.remote))

    def test_a_name_that_looks_like_a_size(self) -> None:
        """curl takes the first number before the word bytes in the 150 line."""
        self.put(b"not five", name="5%20bytes.txt")
        self.assertEqual(self.succeed("curl", "-sS", f"{self.url}5%20bytes.txt"), b"not five")

    def test_active_mode(self) -> None:
        """EPRT, with the server dialling back."""
        self.put(octets(100_000), "-P", "-")
        self.assertEqual(self.succeed("curl", "-sS", "-P", "-", f"{self.url}file"), octets(100_000))

    def test_active_mode_by_port(self) -> None:
        """PORT, with EPRT switched off."""
        (self.remote / "file").write_bytes(octets(1000))
        got = self.succeed("curl", "-sS", "-P", "-", "--disable-eprt", f"{self.url}file")
        self.assertEqual(got, octets(1000))

    def test_pasv(self) -> None:
        """With EPSV switched off."""
        (self.remote / "file").write_bytes(octets(1000))
        self.assertEqual(self.succeed("curl", "-sS", "--disable-epsv", f"{self.url}file"), octets(1000))

    def test_a_download_is_resumed(self) -> None:
        """REST before RETR."""
        (self.remote / "file").write_bytes(octets(5000))
        self.assertEqual(self.succeed("curl", "-sS", "-C", "4000", f"{self.url}file"), octets(5000)[4000:])

    def test_an_upload_is_appended(self) -> None:
        """APPE."""
        (self.remote / "file").write_bytes(b"first ")
        self.put(b"second", "-a")
        self.assertEqual((self.remote / "file").read_bytes(), b"first second")

    def test_directories_are_made(self) -> None:
        """MKD for each, 257."""
        self.put(b"deep", "--ftp-create-dirs", name="a/b/c/file")
        self.assertEqual((self.remote / "a/b/c/file").read_bytes(), b"deep")

    def test_digests_of_a_file_before_its_download(self) -> None:
        """The answers to -Q are told by -v; curl would take a preliminary reply for the answer."""
        data = octets(100_000)
        (self.remote / "a b").write_bytes(data)
        quoted = ("-Q", f"HASH {self.path}/a b", "-Q", f'XCRC "{self.path}/a b" 5 10')
        done = run("curl", "-sSv", *quoted, f"{self.url}a%20b", "-o", str(self.local / "b"))
        told = done.stderr.decode()
        self.assertIn(f"< 213 SHA-256 0-99999 {hashlib.sha256(data).hexdigest()} {self.path}/a b", told)
        self.assertIn(f"< 250 {zlib.crc32(data[5:10]):08X}", told)
        self.assertEqual((self.local / "b").read_bytes(), data)

    def test_a_listing_of_5000_entries(self) -> None:
        """All of them, by name only."""
        make_many(self.remote, 5000)
        listed = self.succeed("curl", "-sS", "-l", self.url).split()
        self.assertEqual(listed, sorted(os.fsencode(name) for name in os.listdir(self.remote)))

    def test_a_missing_file_is_curl_s_78(self) -> None:
        """No 450 that would look like an empty file."""
        self.assertEqual(run("curl", "-sS", f"{self.url}missing").returncode, 78)

    def test_an_upload_into_a_missing_directory_is_refused(self) -> None:
        """Nothing is made on the way."""
        (self.local / "source").write_bytes(b"x")
        done = run("curl", "-sS", "-T", str(self.local / "source"), f"{self.url}missing/file")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(os.listdir(self.remote), [])

    def test_anonymous_may_not_write(self) -> None:
        """553, which curl calls 25."""
        (self.local / "source").write_bytes(b"x")
        url = f"ftp://127.0.0.1:{self.server.port}{self.path}/x"
        self.assertEqual(run("curl", "-sS", "-T", str(self.local / "source"), url).returncode, 25)

    def test_a_name_that_is_no_utf8(self) -> None:
        """It goes through unchanged, both ways."""
        self.put(b"raw", name="latin-%E9.txt")
        self.assertEqual(os.listdir(os.fsencode(self.remote)), [RAW_NAME])
        self.assertEqual(self.succeed("curl", "-sS", f"{self.url}latin-%E9.txt"), b"raw")


class LftpTests(ClientCase):
    """lftp: pipelines its commands, MLSD, mirror."""

    program = "lftp"

    def lftp(self, commands: str) -> bytes:
        """Run commands in the test's remote folder."""
        opened = f"open -u alice,secret ftp://127.0.0.1:{self.server.port}; cd {self.path}; "
        settings = "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 20; "
        return self.succeed("lftp", "--norc", "-c", settings + opened + commands)

    def mirror_up(self) -> None:
        """Send the local folder up, and compare."""
        self.lftp(f"mirror -R {self.local} .")
        self.assertEqual(contents(self.remote), contents(self.local))

    def mirror_down(self) -> None:
        """Fetch the remote folder, and compare."""
        self.lftp(f"mirror . {self.local}")
        self.assertEqual(contents(self.local), contents(self.remote))

    def test_digests(self) -> None:
        """By quote."""
        (self.remote / "a b").write_bytes(b"abc")
        told = self.lftp("quote OPTS HASH SHA-1; quote HASH a b; quote XMD5 a b")
        digests = hashlib.sha1(b"abc").hexdigest(), hashlib.md5(b"abc").hexdigest().upper()
        self.assertIn("213 SHA-1 0-2 {} a b\n250 {}\n".format(*digests), told.decode())

    def test_2000_files_are_mirrored_up(self) -> None:
        """One session, many transfers."""
        make_many(self.local, 2000)
        self.mirror_up()

    def test_2000_files_are_mirrored_down(self) -> None:
        """One session, many transfers."""
        make_many(self.remote, 2000)
        self.mirror_down()

    def test_all_sizes_and_names_are_mirrored_up(self) -> None:
        """Spaces, quotes, dashes, both forms of an accented letter."""
        make_sizes(self.local)
        make_names(self.local)
        self.mirror_up()

    def test_all_sizes_and_names_are_mirrored_down(self) -> None:
        """The same the other way."""
        make_sizes(self.remote)
        make_names(self.remote)
        self.mirror_down()

    def test_40_directories_deep_both_ways(self) -> None:
        """Up, and down into another folder."""
        make_deep(self.local)
        self.mirror_up()
        shutil.rmtree(self.local)
        self.local.mkdir()
        self.mirror_down()

    def test_times_of_files_are_kept(self) -> None:
        """MFMT on the way up."""
        (self.local / "old").write_bytes(b"x")
        os.utime(self.local / "old", (1_000_000_000, 1_000_000_000))
        self.mirror_up()
        self.assertEqual(int((self.remote / "old").stat().st_mtime), 1_000_000_000)

    def test_times_of_files_are_kept_without_feat(self) -> None:
        """SITE UTIME with three times."""
        (self.local / "old").write_bytes(b"x")
        os.utime(self.local / "old", (1_000_000_000, 1_000_000_000))
        self.lftp(f"set ftp:use-feat no; put {self.local}/old")
        self.assertEqual(int((self.remote / "old").stat().st_mtime), 1_000_000_000)

    def test_modes_are_changed(self) -> None:
        """SITE CHMOD or MFF, as FEAT says."""
        (self.remote / "file").write_bytes(b"x")
        self.lftp("chmod 600 file")
        self.assertEqual((self.remote / "file").stat().st_mode & 0o777, 0o600)

    def test_files_are_renamed_and_removed(self) -> None:
        """mv, rm and rmdir."""
        (self.remote / "old").write_bytes(b"x")
        (self.remote / "gone").write_bytes(b"x")
        (self.remote / "empty").mkdir()
        self.lftp("mv old new; rm gone; rmdir empty")
        self.assertEqual(os.listdir(self.remote), ["new"])


class WgetTests(ClientCase):
    """wget: LIST -a, parsed by months."""

    program = "wget"

    def test_a_tree_is_fetched(self) -> None:
        """Recursively, by its parser of LIST."""
        make_sizes(self.remote / "sizes")
        make_names(self.remote / "names", [name for name in NAMES if not set(name) & set(b"\\%")])
        self.succeed(
            "wget", "-q", "-r", "-nH", "--cut-dirs=1", "--restrict-file-names=nocontrol", self.url, cwd=self.local
        )
        self.assertEqual(contents(self.local), contents(self.remote))

    def test_a_download_is_continued(self) -> None:
        """wget -c: REST."""
        (self.remote / "file").write_bytes(octets(9000))
        (self.local / "file").write_bytes(octets(9000)[:5000])
        self.succeed("wget", "-q", "-c", f"{self.url}file", cwd=self.local)
        self.assertEqual((self.local / "file").read_bytes(), octets(9000))


class NcftpTests(ClientCase):
    """ncftpput and ncftpget."""

    program = "ncftpput"

    def options(self) -> list[str]:
        """Who and where."""
        return ["-u", "alice", "-p", "secret", "-P", str(self.server.port)]

    def test_a_tree_goes_up(self) -> None:
        """Recursively."""
        make_sizes(self.local / "tree")
        self.succeed("ncftpput", "-R", *self.options(), "127.0.0.1", self.path, str(self.local / "tree"))
        self.assertEqual(contents(self.remote), contents(self.local))

    def test_a_tree_comes_down(self) -> None:
        """Recursively."""
        make_sizes(self.remote / "tree")
        self.succeed("ncftpget", "-R", *self.options(), "127.0.0.1", str(self.local), f"{self.path}/tree")
        self.assertEqual(contents(self.local), contents(self.remote))

    def test_the_time_of_a_file_is_kept(self) -> None:
        """MFF with the time of creation, which is refused, then MFMT."""
        (self.local / "old").write_bytes(b"x")
        os.utime(self.local / "old", (1_000_000_000, 1_000_000_000))
        self.succeed("ncftpput", *self.options(), "127.0.0.1", self.path, str(self.local / "old"))
        self.assertEqual(int((self.remote / "old").stat().st_mtime), 1_000_000_000)


class RcloneTests(ClientCase):
    """rclone."""

    program = "rclone"

    def test_a_copy_keeps_times(self) -> None:
        """MFMT, so that the next copy transfers nothing."""
        (self.local / "old").write_bytes(b"x")
        os.utime(self.local / "old", (1_000_000_000, 1_000_000_000))
        secret = self.succeed("rclone", "obscure", "secret").decode().strip()
        there = f":ftp,host=127.0.0.1,port={self.server.port},user=alice,pass={secret}:{self.path}"
        self.succeed("rclone", "--config", "", "copy", str(self.local), there)
        self.assertEqual(int((self.remote / "old").stat().st_mtime), 1_000_000_000)


class TnftpTests(ClientCase):
    """tnftp, the BSDs' and macOS's ftp."""

    program = "tnftp"

    def test_a_file_comes_down(self) -> None:
        """By URL, in passive mode."""
        (self.remote / "file").write_bytes(octets(70_000))
        self.succeed("tnftp", "-o", str(self.local / "file"), f"{self.url}file")
        self.assertEqual((self.local / "file").read_bytes(), octets(70_000))

    def test_a_file_goes_up(self) -> None:
        """By URL."""
        (self.local / "file").write_bytes(octets(70_000))
        self.succeed("tnftp", "-u", f"{self.url}file", str(self.local / "file"))
        self.assertEqual((self.remote / "file").read_bytes(), octets(70_000))
