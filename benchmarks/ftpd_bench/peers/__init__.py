"""Side-by-side runs of this server and others on this host, by ``ftpd-bench``: ``python -m ftpd_bench.peers.run``."""
