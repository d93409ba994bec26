"""Turn trial's closing line into ``N passed, N failed, N skipped``.  Exit status 1 where trial wrote none."""

from __future__ import annotations

import re
import sys
from pathlib import Path

RESULT = re.compile(r"^(?:PASSED|FAILED)(?: \((?P<counts>[^)]*)\))?$", re.MULTILINE)


def closing_line(text: str) -> str | None:
    """The line for the last result in trial's output, or None where there is none."""
    results = list(RESULT.finditer(text))
    if not results:
        return None
    counts = dict(re.findall(r"(\w+)=(\d+)", results[-1]["counts"] or ""))
    passed = int(counts.get("successes", 0)) + int(counts.get("expectedFailures", 0))
    failed = sum(int(counts.get(name, 0)) for name in ("failures", "errors", "unexpectedSuccesses"))
    return f"{passed} passed, {failed} failed, {counts.get('skips', 0)} skipped"


if __name__ == "__main__":
    line = closing_line(Path(sys.argv[1]).read_text(errors="replace"))
    sys.stdout.write(f"{line or '0 passed, 1 failed, 0 skipped'}\n")
    sys.exit(line is None)
