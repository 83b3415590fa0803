"""What a crawl tells those who watch it (Scrapy signals)."""

crawl_planned = object()
"""Sent once, with `errands`: what this crawl will capture, and `crawl_id`."""

capture_written = object()
"""Sent with `draft` and `capture_id` when a capture's record and row are on disk."""

fetch_postponed = object()
"""Sent with `host`, `seconds` and `reason` when a fetch will be tried again."""
