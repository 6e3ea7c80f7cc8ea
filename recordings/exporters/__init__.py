"""Recordings and results into other programs' files."""
