"""`python -m nbtrace`: the same as the installed command."""

from nbtrace.cli import main

if __name__ == "__main__":
    main()
