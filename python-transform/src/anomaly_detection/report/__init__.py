"""One page for people of what a scoring found: `files` → `read` and `join` → `summary` → `page`.

The rows stream, so that a run of any size is read in constant memory; the page holds the oddest ones.
"""

from anomaly_detection.report.files import ScoredFile, find_files
from anomaly_detection.report.page import render
from anomaly_detection.report.summary import Summary

__all__ = ["ScoredFile", "Summary", "find_files", "render"]
