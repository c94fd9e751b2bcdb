"""`python -m lemmy_lite.config > lemmy.hjson.example`: writes the example file."""

import sys

from lemmy_lite.config.example import example

sys.stdout.write(example())
