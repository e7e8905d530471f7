"""The configuration is read once: it is never changed."""

from __future__ import annotations

import pytest

from sip_config import configurations
from tests.unit.sip_config.sessions import placing


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> configurations.Configuration:
    return placing.load(tmp_path_factory.mktemp("placing"))


@pytest.fixture(scope="session")
def desk(configuration: configurations.Configuration) -> configurations.Agent:
    return configuration.agents["desk"]
