"""The expansion service: how pipelines in Java and other languages reach the transform.

Beam's own service runs whatever code a request carries and reads any file that a request names. This one
expands a single transform, reads no file for its callers, and listens on one address.
"""

from anomaly_detection.service.server import serve

__all__ = ["serve"]
