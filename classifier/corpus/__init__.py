"""Labelled data: formats, alignment, duplicates, checks, statistics, splits, provenance."""
