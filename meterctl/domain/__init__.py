"""What readings are and what is true of them: pure, standard library only, no I/O, no clock."""
