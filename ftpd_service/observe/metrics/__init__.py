"""The metrics for Prometheus.  Only this folder imports prometheus-client; it is loaded if the file names `metrics`."""
