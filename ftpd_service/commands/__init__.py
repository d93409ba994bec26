"""What each verb does.  No Twisted, no clock, no logging here."""
