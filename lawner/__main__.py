"""``python -m lawner``."""

from lawner.cli import main

if __name__ == "__main__":
    main()
