"""The settings that `scrapy.cfg` names: the crawler's own, with what faces people beside them."""

import os

from crawler import settings as crawler_settings
from crawler.settings import *  # noqa: F403  # a Scrapy settings module is its names

SOURCEKEEP_ARCHIVE = os.environ.get("SOURCEKEEP_ARCHIVE", crawler_settings.SOURCEKEEP_ARCHIVE)
SOURCEKEEP_EXTRACT = True  # make texts beside the crawl
SOURCEKEEP_JSON = False  # print the closing report as JSON

EXTENSIONS = {"sourcekeep.crawl_display.CrawlDisplay": 500}
