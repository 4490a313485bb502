"""``python -m neuroweave``: the command line."""

from neuroweave.cli import main

if __name__ == "__main__":
    main()
