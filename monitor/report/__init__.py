"""The page a therapist keeps."""

from monitor.report.page import write_report

__all__ = ["write_report"]
