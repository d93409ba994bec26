"""The files of the container fit each other and the package."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from ftpd_service.config.load import load
from tests.cases import SynchronousTestCase

TREE = Path(__file__).parent.parent
EXAMPLE = str(TREE / "etc" / "ftpd-container.yaml")


def instruction(name: str) -> str:
    """Return the text of the last instruction of a name in the Dockerfile."""
    joined = (TREE / "Dockerfile").read_text().replace("\\\n", " ")
    return str(re.findall(rf"^{name} +(.*)$", joined, re.MULTILINE)[-1])


class ContainerTests(SynchronousTestCase):
    """``Dockerfile``, ``compose.yaml``, ``.dockerignore`` and the configuration for them."""

    def setUp(self) -> None:
        """Read the service that compose starts."""
        self.service: dict[str, Any] = yaml.safe_load((TREE / "compose.yaml").read_text())["services"]["ftpd"]

    def test_the_ports_agree(self) -> None:
        """The range of passive ports is the same inside and outside, and the image exposes all ports."""
        config = load(EXAMPLE, {})
        inside = instruction("EXPOSE").split()
        self.assertEqual([port.rpartition(":")[2] for port in self.service["ports"]], inside)
        self.assertEqual(self.service["ports"][1], f"{inside[1]}:{inside[1]}")
        self.assertEqual(config.listeners[0].endpoint, f"tcp:{inside[0]}")
        first, last = map(int, inside[1].split("-"))
        self.assertEqual(config.data.passive_ports, ((first, last),))

    def test_a_stop_outlasts_the_drain(self) -> None:
        """Docker kills the service after the grace period."""
        seconds = int(self.service["stop_grace_period"].removesuffix("s"))
        self.assertGreater(seconds, load(EXAMPLE, {}).limits.drain_seconds + 2)

    def test_the_context_has_all_files_of_the_package(self) -> None:
        """The image is built without the rest of the tree."""
        kept = {line[1:] for line in (TREE / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        setup = (TREE / "setup.cfg").read_text()
        named = re.findall(r"^share/\S+ = (\S+)$|^\w+ = (?:file: )?(\S+\.rst|LICENSE)$", setup, re.MULTILINE)
        needed = {Path(first or second).parts[0] for first, second in named}
        self.assertEqual(needed - kept, set())
        self.assertLessEqual({"ftpd_service", "twisted", "etc", "setup.cfg", "pyproject.toml"}, kept)

    def test_the_health_check_reads_the_served_file(self) -> None:
        """It asks at the socket of the same configuration."""
        entry = json.loads(instruction("ENTRYPOINT"))
        check = json.loads(instruction("HEALTHCHECK").partition("CMD")[2])
        self.assertEqual(check, [*entry, "status"])
