"""A Salesforce to test against, on one opportunity table.

From the wire inwards: cli → app → endpoints (auth, query, bulk_query, bulk_ingest, sobjects, describe, control) →
plan and rendering → store → schema.
"""
