"""What lasts: the recording file, its reader, importers and replay."""
