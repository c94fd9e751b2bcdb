"""What the tests write into configurations."""

import pytest

from lemmy_lite import config

HOST = {"hostname": "example.com"}

LEMMY_FILE = """
{
  # as a container set-up has it
  database: {
    host: postgres
    user: lemmy
    password: "p@ss:/word"
    pool_size: 5
  }
  hostname: "lemmy.example"
  bind: "0.0.0.0"
  port: 8536
  tls_enabled: true
  pictrs: { url: "http://pictrs:8080/", api_key: "my key", image_mode: "ProxyAllImages", upload_timeout: 60 }
  email: {
    smtp_server: "postfix:25"
    smtp_from_address: "Lemmy <noreply@lemmy.example>"
    tls_type: "none"
  }
  setup: { admin_username: "lemmy", admin_password: "lemmylemmy", site_name: "lemmy-dev", admin_email: null }
  prometheus: { bind: "127.0.0.1", port: 10002 }
  federation: { concurrent_sends_per_instance: 1 }
  cors_origin: "*"
  json_logging: true
  opentelemetry_url: "http://otel:4137"
  slur_filter: "old"
}
"""
"""A file of an instance of Lemmy."""


def problems(*args: object, **kwargs: object) -> tuple[str, ...]:
    """The lines of a configuration that is refused."""
    with pytest.raises(config.ConfigError) as caught:
        config.read(*args, **kwargs)  # type: ignore[arg-type]  # wrong types are what these tests are about
    return caught.value.lines
