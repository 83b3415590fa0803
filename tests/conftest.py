"""Fixtures that several test modules use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def mock_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """The hostile server. Hosts keep count of their visits: each is used by one test module alone."""
    with MockServer(tmp_path_factory.mktemp("mockserver")) as server:
        yield server
