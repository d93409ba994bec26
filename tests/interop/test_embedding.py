"""The code of docs/embedding.rst, run as it stands there by the two programs that it is for."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.interop.server import run

PAGE = (Path(__file__).parent.parent.parent / "docs" / "embedding.rst").read_text("utf-8")


def files() -> dict[str, str]:
    """The files of the page, by the name in their first line."""
    blocks = re.findall(r"^\.\. code-block:: python\n\n((?:   .*\n|\n)+)", PAGE, re.MULTILINE)
    texts = [textwrap.dedent(block) for block in blocks]
    return {text.split("\n", 1)[0].removeprefix("# "): text for text in texts}


class EmbeddingTests(SynchronousTestCase):
    """The page in a folder of its own."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        for name, text in files().items():
            (self.folder / name).write_text(text)

    def test_trial(self) -> None:
        """Nothing is left on the reactor: trial would say so."""
        done = run(sys.executable, "-m", "twisted.trial", "test_trial", cwd=str(self.folder))
        self.assertIn(b"PASSED (successes=1)", done.stdout, done.stdout + done.stderr)

    def test_pytest(self) -> None:
        """On a thread, where signals cannot be taken, and twice in one process."""
        done = run(
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_pytest.py", cwd=str(self.folder)
        )
        self.assertIn(b"2 passed", done.stdout, done.stdout + done.stderr)
