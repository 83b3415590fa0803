"""Scrapy's commands, where a crawl has more to say (setting COMMANDS_MODULE)."""
