import pytest

from tests.routing.routing_town import Town


@pytest.fixture
def town() -> Town:
    return Town()
