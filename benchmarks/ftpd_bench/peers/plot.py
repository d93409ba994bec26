"""A picture of a run's JSON; run by the peers' Python, which has matplotlib: RESULTS.json PICTURE.png."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib  # type: ignore[import-not-found]  # in the peers' Python only

matplotlib.use("Agg")

from matplotlib import pyplot

COLUMNS = 4
COLOURS = ("#1b6ca8", "#9aa5b1", "#b8a07e", "#8fae8b", "#c08497", "#a89cc8")


def main() -> None:
    """Draw one small chart of bars a case: rate or detail, with the CPU cost written at each bar."""
    source, picture = sys.argv[1:]
    run = json.loads(Path(source).read_text())
    cases = [case for case in run["cases"] if any(value is not None for value in case["shown"].values())]
    rows = -(-len(cases) // COLUMNS)
    figure, grid = pyplot.subplots(rows, COLUMNS, figsize=(4.2 * COLUMNS, 2.3 * rows), squeeze=False)
    places = [place for row in grid for place in row]
    for place in places[len(cases) :]:
        place.axis("off")
    for place, case in zip(places, cases):  # noqa: B905  # the places may be more
        servers = [server for server in run["versions"] if case["shown"].get(server) is not None]
        colours = [COLOURS[list(run["versions"]).index(server) % len(COLOURS)] for server in servers]
        bars = place.barh(servers[::-1], [case["shown"][server] for server in servers][::-1], color=colours[::-1])
        costs = [case["cost"].get(server) for server in servers][::-1]
        place.bar_label(bars, ["" if cost is None else f"{cost:.2g} ms" for cost in costs], fontsize=6, padding=2)
        better = "less is better" if case["detail"] else "CPU at the bars"
        place.set_title(f"{case['title']} ({case['unit']}; {better})", fontsize=8)
        place.tick_params(labelsize=7)
        place.margins(x=0.2)
        for side in ("top", "right"):
            place.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(picture, dpi=90)


if __name__ == "__main__":
    main()
