"""Runs a fetching process; see `fetching`."""

import gc
import sys

if __name__ == "__main__":
    # Until everything is imported (`crawler.tuning`): what stays for good would be looked through again and again.
    gc.disable()
    # First of all, and from here: for each of its outdated names, Scrapy looks through the whole stack and through all
    # modules, which takes twice as long under other imports.

    from crawler.processes.fetching import main

    main(*sys.argv[1:])
