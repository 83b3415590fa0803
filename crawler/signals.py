"""What a crawl tells those who watch it (Scrapy signals)."""

crawl_planned = object()
"""Sent once, with `total`: how many sources this crawl will capture."""

capture_written = object()
"""Sent with `source`, `draft` and `capture_id` when a capture's record and row are on disk."""

fetch_postponed = object()
"""Sent with `source`, `seconds` and `reason` when a fetch will be tried again."""
