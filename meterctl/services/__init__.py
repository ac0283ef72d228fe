"""What the commands do: plain functions on ports, which return frozen results."""
