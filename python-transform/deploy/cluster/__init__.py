"""A real cluster on one machine, of Flink or of Spark, with all that the pipeline needs to run on it.

`make cluster` starts the engine's processes, such as Flink's JobManager and two TaskManagers, Beam's job service, a
worker pool for each language, and the expansion service. All of them listen on 127.0.0.1 only. Where each runs on a
cluster of several machines stands in java-pipeline/clusters.md.

It is not a part of the package `anomaly_detection`, which runs on the machines of such a cluster but starts none.
"""
