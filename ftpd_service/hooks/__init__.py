"""Rules about events with their actions, the delivery of events, verdicts about uploads, and middleware."""
