"""Which certificate authorities are trusted."""

import ssl
from pathlib import Path

import pytest

from lemmy_lite.net import tls
from tests.net.servers import certificate


def test_names_and_chains_are_checked() -> None:
    context = tls.context(None)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_where_python_finds_no_authorities_the_systems_own_bundle_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, authority = certificate(tmp_path, "authority.test")
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda: bare)
    monkeypatch.setattr(tls, "_has_folder", lambda: False)
    monkeypatch.setattr(tls, "BUNDLES", (str(tmp_path / "absent.pem"), str(authority)))
    assert tls.context(None).cert_store_stats()["x509_ca"] == 1


def test_an_unreadable_file_of_authorities_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        tls.context(str(tmp_path / "absent.pem"))
