"""`python -m lemmy_lite`, and the entry point of the executable."""

from lemmy_lite.cli.main import main

if __name__ == "__main__":
    main()
