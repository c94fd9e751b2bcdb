"""An image store of one's own, in a folder that goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.media.images import Images, Kept

Story = Callable[[Images], Awaitable[None]]


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body as it arrives."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


async def keep(images: Images, body: bytes) -> Kept:
    """Upload a file."""
    async with images.aside() as path:
        await images.receive(pieces(body), path, 10**8)
        return await images.keep(path)


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., None]:
    """Runs a story with a new image store; options are those of Images."""

    def tell(story: Story, **options: Any) -> None:
        async def run() -> None:
            images = Images(tmp_path / "images", **{"budget": 10**8, "video_limit": 10_000} | options)
            await images.start()
            try:
                await story(images)
            finally:
                await images.close()

        asyncio.run(run())

    return tell
