"""The demo: a small fictional web served from this machine, incidents that cite it, and the run over both."""

from sourcekeep.demo.process import DemoWeb, demo_web

__all__ = ["DemoWeb", "demo_web"]
