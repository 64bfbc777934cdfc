"""The registry at its newest version, loaded again only when that changed."""

from tricolor.domain.entities import Registry
from tricolor.ports import RegistryBook


class RegistryNow:
    """One a thread."""

    def __init__(self, book: RegistryBook) -> None:
        self._book = book
        self._held: Registry | None = None

    def get(self) -> Registry:
        version = self._book.version()
        if self._held is None or self._held.version != version:
            self._held = self._book.load()
        return self._held
