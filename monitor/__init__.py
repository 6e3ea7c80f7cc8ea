"""The application: command line, engine, dashboard, sound and report."""
