"""Pools that the tests of this directory share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.settings import Settings


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with Pool(2) as found:
        yield found


@pytest.fixture(scope="session", params=[True, False], ids=["namespaces", "no_namespaces"])
def either_pool(request: pytest.FixtureRequest, pool: Pool) -> Iterator[Pool]:
    if request.param:
        yield pool
    else:
        with Pool(1, Settings(namespaces=False)) as found:
            yield found
