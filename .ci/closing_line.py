"""Turn trial's closing lines into ``N passed, N failed, N skipped``, the sum of several logs.

Exit status 1 where trial wrote none into a log, which counts as a failed test.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

RESULT = re.compile(r"^(?:PASSED|FAILED)(?: \((?P<counts>[^)]*)\))?$", re.MULTILINE)


def counts_of(text: str) -> Counter[str] | None:
    """The counts of the last result in trial's output, or None where there is none."""
    results = list(RESULT.finditer(text))
    if not results:
        return None
    counts = {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", results[-1]["counts"] or "")}
    return Counter(
        passed=counts.get("successes", 0) + counts.get("expectedFailures", 0),
        failed=sum(counts.get(name, 0) for name in ("failures", "errors", "unexpectedSuccesses")),
        skipped=counts.get("skips", 0),
    )


if __name__ == "__main__":
    found = [counts_of(Path(path).read_text(errors="replace")) for path in sys.argv[1:]]
    total = sum((Counter(failed=1) if counts is None else counts for counts in found), Counter())
    sys.stdout.write(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped\n")
    sys.exit(None in found)
