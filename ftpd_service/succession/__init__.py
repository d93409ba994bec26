"""The replacement of a running process by a new process that takes its listening sockets over."""
