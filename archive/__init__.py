"""The evidence (WARC files) and the catalogue (SQLite): neither Scrapy nor trafilatura is imported here."""
