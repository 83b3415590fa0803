"""The spiders that `python -m scrapy crawl NAME` finds."""
