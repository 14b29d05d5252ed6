"""Measurements that print tables: `make bench`. Never part of the test run."""
