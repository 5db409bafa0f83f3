from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.capture import wire


@pytest.fixture(autouse=True)
def _no_socket_is_left_open() -> Iterator[None]:
    yield
    wire.close_all()
