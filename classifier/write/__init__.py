"""Rows: one small file per output format, and what makes a run resumable."""
