"""`python -m kopilot_xl.cli` is the command `kopilot-xl`."""

from kopilot_xl.cli import main

if __name__ == "__main__":
    main()
