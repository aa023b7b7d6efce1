"""Sources and records: from what a user names to raw records, one small file per input format."""
