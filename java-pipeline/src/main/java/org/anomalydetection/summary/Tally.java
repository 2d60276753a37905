package org.anomalydetection.summary;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.values.Row;

/** What a run's summary says of its scored rows, as one JSON text of {@link Counts}. */
final class Tally extends Combine.CombineFn<Row, Tally.Accumulator, String> {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** How many of the oddest rows the summary shows. */
  static final int SHOWN = 10;

  /** The counts so far and the oddest rows so far. */
  static final class Accumulator implements Serializable {
    private static final long serialVersionUID = 1L;

    private long scored;
    private long odd;
    private final ArrayList<OddRow> oddest = new ArrayList<>();

    void keep(OddRow row) {
      if (oddest.size() == SHOWN && OddRow.ODDEST_FIRST.compare(row, oddest.get(SHOWN - 1)) >= 0) {
        return;
      }
      oddest.add(row);
      oddest.sort(OddRow.ODDEST_FIRST);
      if (oddest.size() > SHOWN) {
        oddest.remove(SHOWN);
      }
    }
  }

  @Override
  public Accumulator createAccumulator() {
    return new Accumulator();
  }

  @Override
  public Accumulator addInput(Accumulator tally, Row scored) {
    tally.scored++;
    if (scored.getInt64("label") == 1) {
      tally.odd++;
    }
    // Most rows are not among the oddest: their reasons need not be read.
    if (tally.oddest.size() < SHOWN
        || scored.getDouble("score") >= tally.oddest.get(SHOWN - 1).score()) {
      tally.keep(OddRow.of(scored));
    }
    return tally;
  }

  @Override
  public Accumulator mergeAccumulators(Iterable<Accumulator> tallies) {
    Accumulator merged = createAccumulator();
    StreamSupport.stream(tallies.spliterator(), false)
        .forEach(
            tally -> {
              merged.scored += tally.scored;
              merged.odd += tally.odd;
              tally.oddest.forEach(merged::keep);
            });
    return merged;
  }

  @Override
  public String extractOutput(Accumulator tally) {
    return json(new Counts(0, tally.scored, tally.odd, 0, List.copyOf(tally.oddest)));
  }

  static String json(Counts counts) {
    try {
      return MAPPER.writeValueAsString(counts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
