"""The page a therapist keeps."""
