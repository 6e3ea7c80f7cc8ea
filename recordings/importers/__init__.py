"""Other programs' files into recordings."""
