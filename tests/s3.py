"""A real S3 server (moto, from PyPI) on loopback as a process of its own. It judges every signature by Amazon's own code (botocore)."""

import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

BUCKET = "pictures"
_PROGRAM = """
import sys
from urllib.parse import quote, unquote
from moto.iam import access_control
from moto.server import main

# moto judges an address as it was before its percent-encoding, so that even Amazon's client is refused where that matters (5.2.1).
def encoded(path):
    path, mark, query = path.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return quote(unquote(path), safe="-._~/") + mark + "&".join(f"{name}={quote(unquote(value), safe='-._~')}" for name, _, value in pairs)

first = access_control.IAMRequestBase.__init__
access_control.IAMRequestBase.__init__ = lambda self, **given: first(self, **given | {"path": encoded(given["path"])})
main(sys.argv[1:])
"""
_UNJUDGED = 4
"""Requests that moto takes from anybody: those with which the bucket and the account are made."""


class S3Server:
    """A process with one empty bucket and one account, which may use it. `key` is the account's."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{port}"
        self.key: dict[str, str] = {}
        self._reader: Any = None

    def options(self, prefix: str = "", **s3: Any) -> dict[str, Any]:
        """What stands in the configuration below `images`."""
        return {"store": f"s3://{BUCKET}/{prefix}", "s3": {"endpoint": self.url, **self.key, **s3}}

    def start(self) -> None:
        """Run, and return once it answers and has the bucket."""
        environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(_UNJUDGED)}
        command = [sys.executable, "-c", _PROGRAM, "-H", "127.0.0.1", "-p", str(self._port)]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except OSError:
                time.sleep(0.1)
            else:
                break
        accounts = self._client("iam")
        accounts.create_user(UserName="site")
        made = accounts.create_access_key(UserName="site")["AccessKey"]
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        accounts.put_user_policy(UserName="site", PolicyName="pictures", PolicyDocument=policy)
        self._client("s3").create_bucket(Bucket=BUCKET)
        self.key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}

    def stop(self) -> None:
        """Be down for good; nothing that it held stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def files(self, prefix: str = "") -> list[str]:
        """What it holds below a prefix, as another client is told."""
        if self._reader is None:
            self._reader = self._client("s3")
        found = self._reader.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return sorted(each["Key"].removeprefix(prefix) for each in found.get("Contents", ()))

    def _client(self, service: str) -> Any:
        import boto3

        who = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
        if self.key:
            who = {"aws_access_key_id": self.key["access_key_id"], "aws_secret_access_key": self.key["secret_access_key"]}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **who)
