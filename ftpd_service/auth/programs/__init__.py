"""Programs that check passwords: their processes, their protocol, and our own program for PAM."""
