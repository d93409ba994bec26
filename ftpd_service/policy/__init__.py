"""Rules that refuse or delay.  They are pure: time is an argument."""
