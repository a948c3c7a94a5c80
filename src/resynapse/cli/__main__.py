"""`python -m resynapse.cli`."""

from resynapse.cli import main

if __name__ == "__main__":
    main()
