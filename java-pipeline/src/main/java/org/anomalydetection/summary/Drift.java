package org.anomalydetection.summary;

import static org.anomalydetection.contract.TransformMetrics.DEVIATIONS;
import static org.anomalydetection.contract.TransformMetrics.ODD;
import static org.anomalydetection.contract.TransformMetrics.ODD_EXPECTED;
import static org.anomalydetection.contract.TransformMetrics.ODD_TIMES;
import static org.anomalydetection.contract.TransformMetrics.PER_CALIBRATION_ROW;
import static org.anomalydetection.contract.TransformMetrics.PER_TRAINING_ROW;
import static org.anomalydetection.contract.TransformMetrics.ROWS;
import static org.anomalydetection.contract.TransformMetrics.SCORED;
import static org.anomalydetection.contract.TransformMetrics.UNIT;
import static org.anomalydetection.contract.TransformMetrics.UNSEEN;
import static org.anomalydetection.contract.TransformMetrics.UNSEEN_EXPECTED;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether scored rows are still like those of the training, by the counters of the transform. The
 * rule is that of {@code anomaly_detection/models/drift.py}, which says where it comes from; both
 * are held to {@code contract/golden/drift.json}.
 */
public final class Drift {
  /** What to do about a warning. */
  public static final String ADVICE =
      "the data is not what the model was trained on; look at the oddest rows, and train it anew"
          + " if they are right";

  private Drift() {}

  /**
   * Returns what is out of the training's range, a line each.
   *
   * @param counters the counters of the transform by their names, summed over its workers
   */
  public static List<String> warnings(Map<String, Long> counters) {
    double rows = counters.getOrDefault(SCORED, 0L);
    List<String> warnings = new ArrayList<>();
    if (rows == 0) {
      return warnings;
    }
    new TreeMap<>(counters)
        .forEach(
            (name, count) -> {
              if (name.startsWith(UNSEEN)) {
                double found = count;
                String column = name.substring(UNSEEN.length());
                double expected = number(counters, UNSEEN_EXPECTED + column);
                if (found > expected + margin(expected, number(counters, PER_TRAINING_ROW))) {
                  warnings.add(
                      String.format(
                          "%s: %s of the rows hold a value that training never saw; expected %s",
                          column, percent(found, rows), percent(expected, rows)));
                }
              }
            });
    if (counters.containsKey(ODD_EXPECTED)) {
      odd(counters, rows, warnings);
    }
    return warnings;
  }

  private static void odd(Map<String, Long> counters, double rows, List<String> warnings) {
    double odd = counters.getOrDefault(ODD, 0L);
    double expected = number(counters, ODD_EXPECTED);
    double most = ODD_TIMES * expected;
    double ratio = number(counters, PER_CALIBRATION_ROW);
    String line =
        String.format(
            "%s of the rows are odd; expected %s of ordinary ones",
            percent(odd, rows), percent(expected, rows));
    if (odd > most + margin(most, ratio)) {
      warnings.add(
          String.format(Locale.ROOT, "%s, and at most %.0f times as many", line, ODD_TIMES));
    } else if (odd < expected - margin(expected, ratio)) {
      warnings.add(line);
    }
  }

  /** How far a number may be from the expected one; the ratio is of scored rows to learned ones. */
  private static double margin(double expected, double ratio) {
    return DEVIATIONS * Math.sqrt(expected * (1 + ratio)) + ROWS * (1 + ratio);
  }

  private static double number(Map<String, Long> counters, String name) {
    return counters.getOrDefault(name, 0L) / UNIT;
  }

  private static String percent(double part, double whole) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * part / whole);
  }
}
