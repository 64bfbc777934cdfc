"""Ports of the bulletin (预警通报): writers of its files. Its book stands here too."""

from typing import Protocol

from tricolor.domain.documents import Document


class BulletinWriter(Protocol):
    """Makes a file of a document; the same document gives the same bytes."""

    suffix: str  # "docx", "pdf", "xlsx"
    media_type: str

    def write(self, document: Document) -> bytes:
        """Misconfigured when a font or a program it needs is missing, and says which."""
        ...
