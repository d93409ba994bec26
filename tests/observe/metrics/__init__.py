"""Tests of the metrics, which need the extra metrics."""
