"""The expansion service: how pipelines in Java and other languages reach the transform; and its workers.

Beam's own service runs whatever code a request carries and reads any file that a request names. This one
expands a single transform, reads no file for its callers, and listens on one address. Beam's own worker pool listens
on all addresses and runs the code of any runner that a request names; this one serves runners of this machine.
"""
