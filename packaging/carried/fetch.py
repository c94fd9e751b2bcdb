"""`python packaging/carried/fetch.py MIRROR FOLDER`: the sources of sources.txt, checked by their SHA-256, into the folder."""

import hashlib
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(mirror: str, folder: Path) -> None:
    """Fetches what is not there yet. Ends with a sentence if the mirror has it no longer, or has something else."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = dict(line.split() for line in Path(__file__).with_name("sources.txt").read_text().splitlines() if not line.startswith("#"))
    for other in {each.name for each in folder.iterdir()} - {address.rpartition("/")[2] for address in listed}:
        (folder / other).unlink()
    for address, wanted in listed.items():
        place = folder / address.rpartition("/")[2]
        if place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() == wanted:
            continue
        try:
            with urllib.request.urlopen(f"{mirror}/{address}", timeout=60) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{mirror}/{address}: {error}. Debian may have replaced it: see sources.txt.") from error
        if hashlib.sha256(content).hexdigest() != wanted:
            raise SystemExit(f"{mirror}/{address} is not what sources.txt names.")
        place.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
