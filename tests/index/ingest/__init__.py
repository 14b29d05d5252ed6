"""Tests of `index.ingest`."""
