"""Benches: they measure Sourcekeep on real pages, and are no part of what is installed."""
