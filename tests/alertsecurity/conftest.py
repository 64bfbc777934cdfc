"""The town of the phone, and a key of each kind in it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.phone.conftest import _city, told, town
from tests.phone.phone_town import NOW, Town
from tricolor.domain.access import KeyKind

__all__ = ["_city", "keys", "told", "town"]


class Keys:
    """Requests with a key by name: admin, read, push, own (reads for qn-manganese only), none."""

    def __init__(self, town: Town) -> None:
        self.client = TestClient(town.app(), base_url="http://city.example", client=("198.51.100.7", 1), raise_server_exceptions=False)
        kinds = {"admin": (KeyKind.ADMIN, ""), "read": (KeyKind.READ, ""), "push": (KeyKind.PUSH, ""), "own": (KeyKind.READ, "qn-manganese")}
        self.tokens = {name: town.deps.keys.create(kind, bound, name, NOW)[1] for name, (kind, bound) in kinds.items()}

    def ask(self, key: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.tokens[key]}"} if key != "none" else {}
        return self.client.request(method, path, json=body, headers=headers)


@pytest.fixture
def keys(town: Town) -> Keys:
    return Keys(town)
