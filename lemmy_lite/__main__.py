"""`python -m lemmy_lite`, and the entry point of the executable."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["image-worker"]:
        # The child that decodes pictures must not load the server: see media/worker.py.
        from lemmy_lite.media.worker import main as work

        work(sys.argv[2:])
    else:
        from lemmy_lite import memory

        memory.postpone()
        from lemmy_lite.cli.main import main

        main()
