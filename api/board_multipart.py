"""A form that carries a file (multipart/form-data, RFC 7578), read whole; its size is bounded by the limit on every body."""

import re
from email.message import Message

from fastapi import Request
from starlette.exceptions import HTTPException

NAME = re.compile(rb'[; ]name="([^"]{1,60})"')
IS_FILE = re.compile(rb"[; ]filename\*?=")
MAX_PARTS = 20


async def parts_of(request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """Fields and files by name; 422 when the body is no such form."""
    head = Message()
    head["content-type"] = request.headers.get("content-type", "")
    boundary = head.get_boundary("")
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise HTTPException(422, "请用页面上的上传表单 / use the upload form of the page: multipart/form-data is expected")
    return split_parts(await request.body(), boundary.encode("latin-1", "replace"))


def split_parts(body: bytes, boundary: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """Fields and files between the delimiters; what is not closed by one is left out."""
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_PARTS)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if (found := NAME.search(head)) is None:
            continue
        name = found[1].decode("utf-8", "replace")
        if IS_FILE.search(head):
            files[name] = content
        else:
            fields[name] = content.decode("utf-8", "replace")
    return fields, files
