"""FTP as bytes and text."""
