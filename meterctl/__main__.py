"""`python -m meterctl`, and the console script."""

from meterctl.cli.run import main

if __name__ == "__main__":
    main()
