"""Tables of CSV and Parquet files, in batches of typed columns; which of their rows are bad, and why."""
