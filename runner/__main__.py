"""``python -m runner COMMAND ...`` is ``goldloop COMMAND ...``."""

from runner.cli.main import main

if __name__ == "__main__":
    main()
