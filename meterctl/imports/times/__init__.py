"""A file's time texts become instants: first what a clock showed, then which moment that was.

`moments` reads texts into stamps of a wall clock or a calendar; `clockwork` finds out, from all of
them in the order of the file, steps, labels and changes of the clock, and places each stamp.
"""
