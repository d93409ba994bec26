"""FTP as bytes and text: lines, requests, arguments, replies, listings.  Free of input and output, and of Twisted."""
