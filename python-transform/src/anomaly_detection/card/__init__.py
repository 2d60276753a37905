"""A model card: what a model was made of, how well models like it find errors, and what it does not find.

From the files to the text: facts, evaluation → page.
Nothing in it is written by hand, and no cell of the data stands in it.
"""

from anomaly_detection.card.evaluation import Figures, read_figures
from anomaly_detection.card.page import Told, render

__all__ = ["Figures", "Told", "read_figures", "render"]
