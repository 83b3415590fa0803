"""Fixtures that several test modules use."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

# A busy machine is no fault of the code.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

# A shell has what it starts in the background ignore Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mock_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """The hostile server. Hosts keep count of their visits: each is used by one test module alone."""
    with MockServer(tmp_path_factory.mktemp("mockserver")) as server:
        yield server
