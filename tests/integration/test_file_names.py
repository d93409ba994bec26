"""Names of files with real clients: every byte value, NFC and NFD, GBK, Shift-JIS, CP1251, and names beyond a set."""

from __future__ import annotations

import atexit
import ftplib
import io
import os
import shutil
import unicodedata
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run

NAMES = {
    "utf-8": ("你好.txt", unicodedata.normalize("NFC", "é.txt"), unicodedata.normalize("NFD", "è.txt"), "😀"),
    "gbk": ("你好.txt", "报告 1", "丂乗"),
    "shift_jis": ("ソ表.txt", "日本 語", "ﾃﾞｰﾀ"),
    "cp1251": ("ярмо.txt", "Моря", "Щ №1"),
}
"""Names in each set; the second bytes of some characters are a backslash, and the letter я is FF."""

BEYOND = ("😀".encode(), b"\xff\xfe", b"=4F60=", b"a\xc4\xe3", "ⅷ=ü".encode())
"""Names on the disk that some sets do not hold, or that look like escapes."""

PLAIN = bytes(byte for byte in range(0x20, 0x100) if byte not in b"/\x7f")
"""The bytes of which clients can make names; C1 in UTF-8 has two bytes."""


@lru_cache(maxsize=1)
def shared_server() -> Server:
    """One server for all tests of this module, with an account for each set."""
    server = Server()
    atexit.register(server.stop)
    accounts = {**{name.partition("_")[0]: f"charset: {name}" for name in NAMES}, "mac": "normalise: nfc"}
    accounts["windows"] = "case: insensitive"
    text = "".join(
        f"  {name}: {{password: any, home: '{server.folder}/{name}', permissions: all, names: {{{keys}}}}}\n"
        for name, keys in accounts.items()
    )
    for name in accounts:
        (server.folder / name).mkdir()
    listener = f"listeners: [{{endpoint: 'tcp:{server.port}:interface=127.0.0.1'}}]\n"
    server.configuration.write_text(f"{listener}accounts:\n{text}")
    server.start()
    return server


class FileNameCase(SynchronousTestCase):
    """The server, and a directory of its own for each test and account."""

    def setUp(self) -> None:
        self.server = shared_server()
        self.folder = self.id().rpartition(".")[2]

    def home(self, account: str) -> Path:
        """The directory of the test for an account, empty."""
        home = self.server.folder / account / self.folder
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        return home

    def client(self, account: str, encoding: str) -> ftplib.FTP:
        """ftplib, which decodes strictly, in the directory."""
        client = ftplib.FTP(timeout=20, encoding=encoding)
        client.connect("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        client.login(account, "x")
        client.cwd(self.folder)
        client.voidcmd("TYPE I")
        return client

    def on_disk(self, account: str) -> set[bytes]:
        """The names in the directory."""
        return set(os.listdir(os.fsencode(self.server.folder / account / self.folder)))

    def fetched(self, client: ftplib.FTP, name: str) -> bytes:
        """The content of a file."""
        received = io.BytesIO()
        client.retrbinary(f"RETR {name}", received.write)
        return received.getvalue()

    def listed(self, client: ftplib.FTP) -> set[str]:
        """The names that NLST, MLSD and LIST show, which are the same."""
        rows: list[str] = []
        client.retrlines("LIST", rows.append)
        found = {row[56:] for row in rows}
        self.assertEqual({name for name, facts in client.mlsd() if facts["type"] == "file"}, found)
        self.assertEqual(set(client.nlst()), found)
        return found

    def goes_round(self, client: ftplib.FTP, account: str, names: dict[str, bytes]) -> None:
        """Make, list, fetch, rename and delete files; the values are their names on the disk."""
        for name, raw in names.items():
            client.storbinary(f"STOR {name}", io.BytesIO(raw))
        self.assertEqual(self.on_disk(account), set(names.values()))
        self.assertEqual(self.listed(client), set(names))
        for name, raw in names.items():
            self.assertEqual(self.fetched(client, name), raw)
            client.rename(name, f"{name}.old")
        self.assertEqual(self.on_disk(account), {raw + b".old" for raw in names.values()})
        for name in names:
            client.delete(f"{name}.old")
        self.assertEqual(self.on_disk(account), set())


class FtplibNameTests(FileNameCase):
    """ftplib, whose ``encoding`` is the set."""

    def rounds(self, charset: str) -> None:
        """Names of a set go round."""
        account = charset.partition("_")[0]
        self.home(account)
        self.goes_round(self.client(account, charset), account, {name: name.encode() for name in NAMES[charset]})

    def test_utf8(self) -> None:
        """NFC and NFD stay as they are."""
        self.rounds("utf-8")

    def test_gbk(self) -> None:
        """UTF-8 on the disk."""
        self.rounds("gbk")

    def test_shift_jis(self) -> None:
        """Likewise, with backslashes within characters."""
        self.rounds("shift_jis")

    def test_cp1251(self) -> None:
        """Likewise; ftplib does not double the FF of я."""
        self.rounds("cp1251")

    def test_every_byte_value(self) -> None:
        """In UTF-8, each byte as it is, by a client of latin-1, which has a character for each."""
        self.home("utf-8")
        raw = [b"x" + bytes((byte,)) + b"y" for byte in PLAIN if byte not in b"\xff"] + [b"x\xff"]
        names = {one.decode("latin-1"): one for one in raw}
        self.goes_round(self.client("utf-8", "latin-1"), "utf-8", names)

    def test_every_byte_value_in_a_set(self) -> None:
        """CP1251 has a character for each but one."""
        self.home("cp1251")
        texts = [f"x{bytes((byte,)).decode('cp1251')}y" for byte in PLAIN if byte != 0x98]
        self.goes_round(self.client("cp1251", "cp1251"), "cp1251", {text: text.encode() for text in texts})

    def reached(self, charset: str) -> None:
        """Names beyond a set are listed to a strict client, fetched, renamed and deleted by the names shown."""
        account = charset.partition("_")[0]
        home = self.home(account)
        for raw in BEYOND:
            Path(os.fsdecode(os.path.join(os.fsencode(home), raw))).write_bytes(raw)
        client = self.client(account, charset)
        shown = self.listed(client)
        self.assertEqual({self.fetched(client, name) for name in shown}, set(BEYOND))
        for name in shown:
            client.rename(name, f"{name}.old")
        self.assertEqual(self.on_disk(account), {raw + b".old" for raw in BEYOND})
        for name in self.listed(client):
            client.delete(name)
        self.assertEqual(self.on_disk(account), set())

    def test_names_beyond_gbk(self) -> None:
        """By their escapes."""
        self.reached("gbk")

    def test_names_beyond_shift_jis(self) -> None:
        """By their escapes."""
        self.reached("shift_jis")

    def test_names_beyond_cp1251(self) -> None:
        """By their escapes."""
        self.reached("cp1251")

    def test_names_of_macos(self) -> None:
        """They come in NFD, are NFC on the disk, and are found by either form."""
        self.home("mac")
        client = self.client("mac", "utf-8")
        name = unicodedata.normalize("NFD", "Übergröße é.txt")
        client.storbinary(f"STOR {name}", io.BytesIO(b"data"))
        composed = unicodedata.normalize("NFC", name)
        self.assertEqual(self.on_disk("mac"), {composed.encode()})
        self.assertEqual([self.fetched(client, one) for one in (name, composed)], [b"data", b"data"])
        client.delete(name)
        self.assertEqual(self.on_disk("mac"), set())

    def test_names_of_windows(self) -> None:
        """Files are found in any case, in directories in any case."""
        (self.home("windows") / "Sub").mkdir()
        client = self.client("windows", "utf-8")
        client.storbinary("STOR SUB/Report.TXT", io.BytesIO(b"old"))
        client.storbinary("STOR sub/REPORT.txt", io.BytesIO(b"new"))
        self.assertEqual(client.nlst("sUB"), ["sUB/Report.TXT"])
        self.assertEqual(self.fetched(client, "Sub/report.txt"), b"new")
        client.rename("sub/report.txt", "SUB/REPORT.TXT")
        self.assertEqual(client.nlst("Sub"), ["Sub/REPORT.TXT"])


class CurlNameTests(FileNameCase):
    """curl, which sends the bytes of its URL."""

    def test_names_in_gbk(self) -> None:
        """Upload, listing, download, rename and removal in a process each."""
        self.home("gbk")
        self.goes_round_by_curl("gbk", NAMES["gbk"][0])

    def test_names_in_shift_jis(self) -> None:
        """Likewise."""
        self.home("shift")
        self.goes_round_by_curl("shift_jis", NAMES["shift_jis"][0])

    def test_names_in_utf8(self) -> None:
        """NFC and NFD stay as they are."""
        for name in NAMES["utf-8"]:
            self.home("utf-8")
            self.goes_round_by_curl("utf-8", name)

    def goes_round_by_curl(self, charset: str, name: str) -> None:
        """One name of a set."""
        account, raw = charset.partition("_")[0], name.encode(charset)
        url = f"ftp://{account}:x@127.0.0.1:{self.server.port}/{self.folder}/"
        source = self.server.folder / "source"
        source.write_bytes(b"data")
        self.succeed("curl", "-sS", "-T", str(source), url + quote(raw))
        self.assertEqual(self.on_disk(account), {name.encode()})
        self.assertEqual(self.succeed("curl", "-sS", "-l", url).strip(), raw)
        self.assertTrue(self.succeed("curl", "-sS", url).rstrip(b"\r\n").endswith(b" " + raw))
        self.assertEqual(self.succeed("curl", "-sS", url + quote(raw)), b"data")
        old = os.fsdecode(raw)
        self.succeed("curl", "-sS", "-l", "-Q", f"-RNFR {old}", "-Q", f"-RNTO {old}.old", "-Q", f"-DELE {old}.old", url)
        self.assertEqual(self.on_disk(account), set())

    def succeed(self, *command: str) -> bytes:
        """Run a client that must succeed: its output."""
        done = run(*command)
        self.assertEqual(done.returncode, 0, (command, done.stdout, done.stderr))
        return done.stdout


class LftpNameTests(FileNameCase):
    """lftp, which knows sets and asks for UTF-8 where it has none."""

    def script(self, account: str, *lines: str) -> str:
        """The output of lftp, on a terminal of UTF-8."""
        if shutil.which("lftp") is None:
            raise SkipTest("lftp is not installed")
        url = f"ftp://{account}:x@127.0.0.1:{self.server.port}/{self.folder}"
        text = "; ".join(("set net:max-retries 1", "set cmd:fail-exit yes", *lines[:1], f"open {url}", *lines[1:]))
        done = run("lftp", "-c", text, environment={"LC_ALL": "C.UTF-8"}, cwd=str(self.server.folder))
        self.assertEqual(done.returncode, 0, (text, done.stdout, done.stderr))
        return done.stdout.decode()

    def goes_round_by_lftp(self, charset: str, first: str) -> None:
        """All names of a set, in one process; the old names are shown, and then those after the renames."""
        account, names = charset.partition("_")[0], NAMES[charset]
        self.home(account)
        (self.server.folder / "source").write_bytes(b"data")
        lines = [f'put source -o "{name}"' for name in names]
        lines += ["cls -1", *(f'cat "{name}"' for name in names), *(f'mv "{name}" "{name}.old"' for name in names)]
        shown = self.script(account, first, *lines).replace("data", "").split("\n")
        self.assertEqual(set(filter(None, shown)) & set(names), set(names))
        self.assertEqual(self.on_disk(account), {f"{name}.old".encode() for name in names})
        self.script(account, first, *(f'rm "{name}.old"' for name in names))
        self.assertEqual(self.on_disk(account), set())

    def test_gbk_by_its_own_set(self) -> None:
        """``ftp:charset``."""
        self.goes_round_by_lftp("gbk", "set ftp:charset gbk")

    def test_shift_jis_by_its_own_set(self) -> None:
        """Likewise."""
        self.goes_round_by_lftp("shift_jis", "set ftp:charset shift_jis")

    def test_utf8(self) -> None:
        """NFC and NFD stay as they are."""
        self.goes_round_by_lftp("utf-8", "set ftp:use-feat yes")

    def test_utf8_under_a_set(self) -> None:
        """Without a set of its own it sends OPTS UTF8 ON."""
        self.goes_round_by_lftp("gbk", "set ftp:use-feat yes")
