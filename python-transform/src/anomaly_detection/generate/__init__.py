"""Made-up Salesforce opportunities with the dependencies of a real org, and labelled errors in them.

From the org to the file: names → catalogue → ids → rows → faults → writer.
"""

from anomaly_detection.generate.faults import KINDS
from anomaly_detection.generate.writer import write_opportunities

__all__ = ["KINDS", "write_opportunities"]
