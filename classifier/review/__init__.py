"""The desk: people decide what was flagged, worst first, and their decisions come back as labels."""
