"""Runs the fork server of a crawl; see `fork_server`."""

import gc
import signal
import sys
from functools import partial
from importlib import import_module

if __name__ == "__main__":
    # Until everything is imported (`crawler.tuning`): what stays for good would be looked through again and again.
    gc.disable()
    # First of all, and from here: for each of its outdated names, Scrapy looks through all modules and the whole stack
    # of imports, which takes twice as long under others.
    import_module("scrapy.core.downloader.contextfactory")

    from crawler.processes.fetching import main
    from crawler.processes.fork_server import serve

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it can't wait for a process, and it may be inherited
    line, hosts = map(int, sys.argv[1:])
    serve(line, partial(main, hosts))
