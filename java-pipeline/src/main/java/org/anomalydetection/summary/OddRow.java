package org.anomalydetection.summary;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** One scored row of the summary's table. */
public record OddRow(String id, double score, double pValue, boolean odd, List<Reason> reasons)
    implements Serializable {
  private static final int VALUE_WIDTH = 60;

  /** The oddest first; rows of one score in the order of their ids. */
  static final Comparator<OddRow> ODDEST_FIRST =
      Comparator.comparingDouble(OddRow::score).reversed().thenComparing(OddRow::id);

  /** One column that makes a row odd. */
  public record Reason(String field, @Nullable String value, @Nullable String expected)
      implements Serializable {
    /** Returns a reason that a scored row has. */
    public static Reason of(Row reason) {
      return new Reason(
          reason.getString("field"), reason.getString("value"), reason.getString("expected"));
    }

    /** Returns the reason in words, in one line. */
    public String text() {
      return String.format("%s is %s, expected %s", field, oneLine(value), oneLine(expected));
    }

    private static String oneLine(@Nullable String value) {
      return value == null ? "missing" : OneLine.of(value);
    }

    /** Returns what is shown of the reason: a cell may hold megabytes, in thousands of lines. */
    private Reason shown() {
      return new Reason(field, shown(value), shown(expected));
    }

    private static @Nullable String shown(@Nullable String value) {
      return value == null ? null : OneLine.of(value, VALUE_WIDTH);
    }
  }

  static OddRow of(Row scored) {
    return new OddRow(
        scored.getString("id"),
        scored.getDouble("score"),
        scored.getDouble("p_value"),
        scored.getInt64("label") == 1,
        scored.<Row>getArray("reasons").stream().map(reason -> Reason.of(reason).shown()).toList());
  }
}
