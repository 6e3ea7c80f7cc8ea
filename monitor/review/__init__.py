"""The therapist's review: what was measured, corrected by hand where it is wrong."""
