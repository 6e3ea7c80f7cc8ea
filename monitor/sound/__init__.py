"""What the patient hears."""
