"""FTP as bytes and text: lines, requests, arguments, replies, listings.  These modules use no I/O and no Twisted."""
