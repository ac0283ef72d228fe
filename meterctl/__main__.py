"""`python -m meterctl`, and the console script."""

import gc

from meterctl import early

early.listen()  # before the rest, which takes a tenth of a second
# What is loaded stays: to look through it for garbage, again and again as it grows, takes a part of
# a short run's time.
gc.set_threshold(50_000)

from meterctl.cli.run import main  # noqa: E402 (as said)

if __name__ == "__main__":
    main()
