"""The measuring client ``ftpd-bench``: thousands of transfers against any FTP server, from one process and thread."""
