"""Tests read like a specification; measurements are in `tests.bench`."""
