"""An FTP and FTPS daemon on Twisted.

Run as ``twistd ftpd -c config.yaml``.  The layers, from the vocabulary up, are drawn in ``docs/architecture.rst``.
"""

__version__ = "0.1.0"
