"""A crawl in several processes: each fetches the sites that belong to it, and the one that began them writes."""
