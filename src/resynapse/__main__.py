"""`python -m resynapse`: the command line without its script on the path."""

from resynapse.cli import main

if __name__ == "__main__":
    main()
