# ruff: noqa: RUF009  every default below is the call that declares the option, as in options.py
"""The options of pictures: Lemmy's own section, and ours."""

from dataclasses import dataclass
from pathlib import Path

from lemmy_lite.config import kinds
from lemmy_lite.config.option import option, section

_STORED_HERE = "lemmy_lite stores images itself, without pict-rs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pictrs:
    url: str = option(kinds.url("http", "https"), "http://localhost:8080/", "Address of pict-rs.", ignored=_STORED_HERE)
    api_key: str | None = option(kinds.text(0), None, "Key of pict-rs.", secret=True, ignored=_STORED_HERE)
    cache_external_link_previews: bool | None = option(
        kinds.boolean(), None, "Older name of image_mode and stronger: true is StoreLinkPreviews, false is None.", example=True
    )
    image_mode: str = option(
        kinds.choice("None", "StoreLinkPreviews", "ProxyAllImages"),
        "StoreLinkPreviews",
        "Remote images: left where they are; thumbnails of links kept here; or all shown through this server, for privacy.",
    )
    proxy_bypass_domains: tuple[str, ...] = option(
        kinds.texts(1000), ("i.imgur.com",), "Hosts whose images ProxyAllImages leaves alone; a list given here replaces the default."
    )
    upload_timeout: int = option(kinds.whole(0, 86_400, "seconds"), 30, "Time for an upload to pict-rs.", ignored=_STORED_HERE)
    max_thumbnail_size: int = option(kinds.whole(16, 4096, "pixels"), 512, "Longest side of a post's thumbnail.")


@dataclass(frozen=True, kw_only=True, slots=True)
class S3:
    """The server of a bucket; what the file leaves out comes from the variables that other S3 programs read."""

    endpoint: str | None = option(
        kinds.url("https", "http"),
        None,
        "Address of the S3 server, which may be in one's own network; without it Amazon's of the region.",
        environment="AWS_ENDPOINT_URL_S3",
        environment_yields=True,
        example="https://s3.example.com",
    )
    region: str = option(kinds.text(), "us-east-1", "Region of the bucket.", environment="AWS_REGION", environment_yields=True)
    access_key_id: str | None = option(
        kinds.text(), None, "Name of the key.", environment="AWS_ACCESS_KEY_ID", environment_yields=True, example="AKIDEXAMPLE"
    )
    secret_access_key: str | None = option(
        kinds.text(), None, "The key.", environment="AWS_SECRET_ACCESS_KEY", environment_yields=True, secret=True, example="…"
    )
    path_style: bool = option(kinds.boolean(), True, "Names the bucket in the path, as most servers want it; false: in the host name.")
    ca_file: Path | None = option(
        kinds.file(), None, "Certificates (PEM) to trust besides the system's, for a server of one's own.", example="/etc/ssl/own.pem"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Images:
    budget: int = option(kinds.size("16 MiB", "100 TB"), 2 * 10**9, "Disk space that images never exceed; cached ones go first.")
    uploads: str = option(kinds.choice("off", "avatars", "on"), "on", "What users may upload: nothing, avatars and banners, or all.")
    daily_uploads: int = option(kinds.whole(1, 100_000, "files"), 100, "Files that one person may upload in a day.")
    daily_bytes: int = option(kinds.size("1 MiB", "1 TB"), 200 * 10**6, "Bytes that one person may upload in a day.")
    megapixels: int = option(kinds.whole(1, 100, "megapixels"), 40, "Largest picture that is decoded; Lemmy's image server has the same.")
    video_limit: int = option(
        kinds.size("0 B", "1 GiB"),
        10 * 10**6,
        "Largest MP4 or WebM; they are not transcoded, only what they tell of place and maker is blanked; 0 takes none.",
    )
    remote_limit: int = option(kinds.size("64 KiB", "64 MiB"), 10 * 10**6, "Largest picture that is fetched from another server.")
    store: str | None = option(
        kinds.picture_store(),
        None,
        "Where uploads lie if several machines share them: a folder that all see, or a bucket of an S3 server. "
        "budget then bounds what each machine keeps of them. Without it: images/uploads in data_dir.",
        example="/mnt/pictures",
    )
    s3: S3 = section(S3, "The server of an s3:// store.")

    @property
    def folder(self) -> Path | None:
        """The folder of a store that is one."""
        return Path(self.store) if self.store is not None and not self.store.startswith("s3://") else None


def image_problems(images: Images, *, secrets_elsewhere: bool = False) -> list[str]:
    """What the options of pictures say against each other: a line each. With `secrets_elsewhere` the key may be missing."""
    if images.store is None or not images.store.startswith("s3://"):
        return []
    needed = {"access_key_id": (images.s3.access_key_id, "AWS_ACCESS_KEY_ID")}
    needed["secret_access_key"] = (images.s3.secret_access_key, "AWS_SECRET_ACCESS_KEY")
    return [
        f"images.s3.{name}: is missing; images.store names a bucket, which needs it here or in {variable}"
        for name, (value, variable) in needed.items()
        if value is None and not (secrets_elsewhere and name == "secret_access_key")
    ]
