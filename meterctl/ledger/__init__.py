"""The ledger: an append-only log of readings, on SQLite; a port that other stores can implement."""
