"""Runs a fetching process; see `fetching`."""

import gc
import sys

if __name__ == "__main__":
    # Until everything is imported (`crawler.tuning`): what stays for good would be looked through again and again.
    gc.disable()
    from crawler.processes.fetching import main

    main(*sys.argv[1:])
