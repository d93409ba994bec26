"""The keys of stages `clamd` in ``hooks.verdicts``."""

from __future__ import annotations

from ftpd_service.config.problems import Problem
from ftpd_service.hooks.stage_settings import ClamdMode, ClamdStage, OverSize, StageFallback, WhenFound
from ftpd_service.policy.triggers import Condition
from tests.config.files import FileTestCase

ABOVE = "hooks:\n  verdicts:\n"
"""The lines above the stage, which is line 3."""


class ClamdKeysTests(FileTestCase):
    """The keys, and their mistakes."""

    def stages(self, *entries: str) -> tuple[object, ...]:
        """The settings of stages."""
        lines = "".join(f"    - {{{entry}}}\n" for entry in entries)
        return self.loaded(f"{ABOVE}{lines}").hooks.stages

    def wrong(self, entry: str) -> Problem:
        """The only mistake."""
        return self.problem(f"{ABOVE}    - {{{entry}}}\n")

    def test_address_alone(self) -> None:
        """It is enough."""
        self.assertEqual(
            self.stages("id: a, clamd: /run/clamav/clamd.ctl", "id: b, clamd: 'tcp:127.0.0.1:3310'"),
            (ClamdStage(id="a", address="/run/clamav/clamd.ctl"), ClamdStage(id="b", address="tcp:127.0.0.1:3310")),
        )

    def test_all_keys(self) -> None:
        """Those of clamd are in its mapping."""
        inside = "address: 'tcp:[::1]:3310', mode: instream, max_size: 1MiB, over_size: accept, when_found: quarantine"
        place = "uploads: {quarantine: /q}\n"
        more = "when: {path: '/in/**'}, timeout: 3s, on_error: accept, on_timeout: quarantine, code: 550"
        expected = ClamdStage(
            id="scan",
            when=Condition(paths=("/in/**",)),
            timeout_seconds=3.0,
            on_error=StageFallback.ACCEPT,
            on_timeout=StageFallback.QUARANTINE,
            code=550,
            address="tcp:[::1]:3310",
            mode=ClamdMode.INSTREAM,
            max_size=1024 * 1024,
            over_size=OverSize.ACCEPT,
            when_found=WhenFound.QUARANTINE,
        )
        lines = f"{place}{ABOVE}    - {{id: scan, clamd: {{{inside}}}, {more}}}\n"
        self.assertEqual(self.loaded(lines).hooks.stages, (expected,))

    def test_quarantine_that_is_nowhere(self) -> None:
        """Each key that says so is a mistake if no section names the directory."""
        for key in ("on_error", "on_timeout"):
            problem = self.wrong(f"id: a, clamd: /x, {key}: quarantine")
            self.assertEqual((problem.line, problem.path), (3, f"hooks.verdicts[0].{key}"))
        for key in ("over_size", "when_found"):
            problem = self.wrong(f"id: a, clamd: {{address: /x, {key}: quarantine}}")
            self.assertEqual((problem.line, problem.path), (3, f"hooks.verdicts[0].clamd.{key}"))

    def test_wrong_addresses(self) -> None:
        """Each mistake is told at its line and key."""
        wrong = ("", "5", "[]", "clamd.ctl", "'tcp:3310'", "'tcp:h:0'", "'tcp:h:65536'", "'tcp:a b:1'", "'tcp:::1:1'")
        for value in wrong:
            problem = self.wrong(f"id: a, clamd: {value}")
            self.assertEqual((problem.line, problem.path), (3, "hooks.verdicts[0].clamd.address"), value)

    def test_longest_path(self) -> None:
        """The kernel takes no longer path of a socket, and would tell it only at the first upload."""
        self.assertEqual(len(self.stages(f"id: a, clamd: /{'x' * 106}")), 1)
        self.assertIn("107 bytes", self.wrong(f"id: a, clamd: /{'x' * 107}").text)

    def test_descriptors_by_tcp(self) -> None:
        """They cannot be passed."""
        problem = self.wrong("id: a, clamd: {address: 'tcp:h:1', mode: fildes}")
        self.assertEqual((problem.line, problem.path), (3, "hooks.verdicts[0].clamd.mode"))

    def test_no_kind(self) -> None:
        """A stage has to say by what it judges."""
        self.assertEqual(self.wrong("id: a").path, "hooks.verdicts[0]")

    def test_same_id(self) -> None:
        """The log and the metrics name stages by it."""
        problem = self.problem(f"{ABOVE}    - {{id: a, clamd: /x}}\n    - {{id: a, clamd: /y}}\n")
        self.assertEqual(problem.path, "hooks.verdicts")
