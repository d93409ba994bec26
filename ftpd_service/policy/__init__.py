"""Rules that refuse or delay: pure, time is an argument."""
