"""The worked example of docs/firewalls.rst: a server with a private address, a router, and a client beyond it."""

from __future__ import annotations

from tests.integration.plain_user import program
from tests.integration.systemd_case import CONFIGURATION, SystemdCase
from tests.pages import block

ACCOUNTS = CONFIGURATION[CONFIGURATION.index("accounts:") :]
NETWORK = """\
set -eu
ip netns add router
ip netns add client
ip link add lan0 type veth peer name lan0 netns router
ip -netns router link add wan0 type veth peer name wan0 netns client
ip address add 10.0.0.5/8 dev lan0
ip -netns router address add 10.0.0.1/8 dev lan0
ip -netns router address add 198.51.100.1/24 dev wan0
ip -netns router address add 203.0.113.7/32 dev wan0
ip -netns client address add 198.51.100.4/24 dev wan0
ip link set lan0 up
ip -netns router link set lan0 up
ip -netns router link set wan0 up
ip -netns client link set wan0 up
ip route add default via 10.0.0.1
ip -netns client route add default via 198.51.100.1
ip netns exec router sh -c 'mount -o remount,rw /proc/sys && echo 1 > /proc/sys/net/ipv4/ip_forward'
ip netns exec router nft -f /rules
"""


class NatTests(SystemdCase):
    """The service has 10.0.0.5; the router has 203.0.113.7, and the client 198.51.100.4."""

    configuration = f"{block('firewalls', 'listeners: [{endpoint', 'yaml')}{ACCOUNTS}"

    def setUp(self) -> None:
        """Lay the cables."""
        for name in ("ip", "nft", "curl"):
            program(name)
        super().setUp()
        self.bench.write("/rules", block("firewalls", "ip daddr"))
        self.bench.run("nft", "--check", "--file", "/rules")
        self.bench.write("/rules", block("firewalls", 'iifname "wan0"'))
        self.bench.run("sh", "-c", NETWORK)
        self.start()

    def curl(self, *options: str) -> str:
        """Return what curl prints from outside, its talk with the server included."""
        ended = self.bench.run(
            *("ip", "netns", "exec", "client", "curl", "--verbose", "--no-progress-meter", "--max-time", "20"),
            *("--user", "alice:secret", *options, "ftp://203.0.113.7/"),
            failing=True,
        )
        return f"{ended.stdout}{ended.stderr}exit status {ended.returncode}"

    def test_pasv(self) -> None:
        """227 names the router's address, to which a client that believes it connects."""
        told = self.curl("--disable-epsv", "--no-ftp-skip-pasv-ip")
        self.assertRegex(told, r"227 Entering Passive Mode \(203,0,113,7,195,\d+\)")
        self.assertIn("exit status 0", told)

    def test_epsv(self) -> None:
        """The port is the same on both sides, and the log has the client's address."""
        told = self.curl()
        self.assertRegex(told, r"229 .*\|\|\|50\d\d\d\|")
        self.assertIn("exit status 0", told)
        self.bench.logged("connected from 198.51.100.4:")

    def test_without_the_address(self) -> None:
        """227 names the private address: this is how an operator sees that it is wrong."""
        self.configure(f'listeners: [{{endpoint: "tcp:21"}}]\n{ACCOUNTS}')
        self.bench.systemctl("restart", "ftpd")
        self.assertIn("227 Entering Passive Mode (10,0,0,5,", self.curl("--disable-epsv"))
