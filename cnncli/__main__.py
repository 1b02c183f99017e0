"""`python -m cnncli`, for where the command is not on the path."""

from cnncli.cli import main

if __name__ == "__main__":
    main()
