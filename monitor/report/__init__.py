"""The page a therapist keeps."""

from monitor.report.write import write_progress_report, write_report

__all__ = ["write_progress_report", "write_report"]
