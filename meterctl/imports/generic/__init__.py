"""The reader of tables that no vendor's module knows: it finds out what each column is."""
