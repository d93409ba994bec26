"""The dashboard and the alerts ask for series and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.cases import SynchronousTestCase
from tests.observe.metrics.counted import known_series

ETC = Path(__file__).resolve().parents[3] / "etc"

OF_PROMETHEUS = {"instance", "job", "le"}
"""The labels that Prometheus adds."""


def expressions() -> Iterator[str]:
    """Every expression of the dashboard and of the alerts."""
    dashboard = json.loads((ETC / "grafana-ftpd.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (re.sub(r"label_values\((.*)\)", r"\1", one["query"]["query"]) for one in variables(dashboard))
    rules = yaml.safe_load((ETC / "prometheus-rules.yaml").read_text("utf-8"))
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])


def variables(dashboard: dict[str, dict[str, list[dict[str, dict[str, str]]]]]) -> list[dict[str, dict[str, str]]]:
    """The variables that ask Prometheus for their values."""
    return [one for one in dashboard["templating"]["list"] if isinstance(one["query"], dict)]


def selected(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The series of an expression, with the labels by which it selects."""
    for name, selector in re.findall(r"(ftpd_\w+)(?:\{([^}]*)\})?", expression):
        yield re.sub(r"_(?:bucket|count|sum)$", "", name), set(re.findall(r"(\w+)\s*=", selector))


class DashboardTests(SynchronousTestCase):
    """``etc/grafana-ftpd.json`` and ``etc/prometheus-rules.yaml``."""

    def test_every_series_exists(self) -> None:
        """A panel without data would look like a quiet server."""
        named = {name for expression in expressions() for name, _ in selected(expression)}
        self.assertGreater(len(named), 30)
        self.assertEqual(named - set(known_series()), set())

    def test_every_label_exists(self) -> None:
        """A selector by an unknown label finds nothing."""
        series = known_series()
        wrong = [
            (name, labels)
            for expression in expressions()
            for name, labels in selected(expression)
            if labels - series[name] - OF_PROMETHEUS
        ]
        self.assertEqual(wrong, [])

    def test_every_grouping_exists(self) -> None:
        """Nor may a sum keep an unknown label."""
        series = known_series()
        for expression in expressions():
            known = set().union(*(series[name] for name, _ in selected(expression))) | OF_PROMETHEUS
            for labels in re.findall(r"\bby \(([^)]*)\)", expression):
                self.assertEqual(set(re.split(r",\s*", labels)) - known, set(), expression)

    def test_every_series_is_shown(self) -> None:
        """The dashboard leaves nothing out."""
        named = {name for expression in expressions() for name, _ in selected(expression)}
        self.assertEqual(set(known_series()) - named, set())
