"""The log of a run: who listens to its events, in which form they are kept, and where."""
