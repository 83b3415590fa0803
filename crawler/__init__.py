"""Fetching: Scrapy, a recorder of the wire, and the outcome of each fetch."""
