"""Tests of `index.model`."""
