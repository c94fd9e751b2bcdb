"""Uploads as a client sends them."""

import uuid

from tests.instances import Answer, Client
from tests.media import pictures


def form(*files: tuple[str, str, bytes], fields: dict[str, str] | None = None) -> tuple[bytes, str]:
    """The body and content type of a form with files, each as field, file name and contents."""
    boundary = uuid.uuid4().hex
    body = b""
    for name, value in (fields or {}).items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for field, name, contents in files:
        disposition = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
        body += f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + contents + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def send(client: Client, body: bytes | None = None, name: str = "a.png", field: str = "images[]") -> Answer:
    """What an upload answers; of a new picture unless one is given."""
    sent, media = form((field, name, body or pictures.file(pictures.noise(), "PNG")))
    return client.send("POST", "/pictrs/image", sent, {"content-type": media})
