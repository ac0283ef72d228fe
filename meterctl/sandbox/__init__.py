"""Local stand-ins for the other side: a second program, which shares no code with the client."""
