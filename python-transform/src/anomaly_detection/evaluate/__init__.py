"""How well a detector finds errors that were put into a table, beside the detectors of PyOD.

From the table to the figures: world → kinds → generic kinds → injection → rivals → metrics → run → report → figures.
"""

from anomaly_detection.evaluate.run import EvaluateOptions, Evaluation, evaluate

__all__ = ["EvaluateOptions", "Evaluation", "evaluate"]
