"""The storage over Twisted's FTP shells."""
