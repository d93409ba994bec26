"""Makes ``twistd ftpd`` known to twistd."""

from twisted.application.service import ServiceMaker

ftpd = ServiceMaker("ftpd", "ftpd_service.tap", "An FTP daemon, configured in YAML.", "ftpd")
