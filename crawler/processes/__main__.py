"""Runs a fetching process; see `fetching`."""

import gc
import sys

if __name__ == "__main__":
    # Until everything is imported (`crawler.tuning`): what stays for good would be looked through again and again.
    gc.disable()
    # First of all, and from here: for each of its outdated names, Scrapy looks through all modules and the whole stack
    # of imports, which takes three times as long under others.
    import scrapy.core.downloader.contextfactory  # noqa: F401  # for the moment at which it comes

    from crawler.processes.fetching import main

    main(*sys.argv[1:])
