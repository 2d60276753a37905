package org.anomalydetection.source;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;

/**
 * Where the rows of a run come from.
 *
 * @param name what messages call it
 * @param files how many files it is in; 1 where it is in none
 * @param columns the columns of its rows
 * @param read what reads it
 * @param changes how to read it as it changes, if that is asked for
 */
public record Source(
    String name,
    int files,
    Columns columns,
    PTransform<PBegin, ReadResult> read,
    Optional<Changes> changes) {

  /** A source of some files, which are read once. */
  public Source(String name, int files, Columns columns, PTransform<PBegin, ReadResult> read) {
    this(name, files, columns, read, Optional.empty());
  }

  /** A source that may be read as it changes. */
  public Source(
      String name,
      Columns columns,
      PTransform<PBegin, ReadResult> read,
      Optional<Changes> changes) {
    this(name, 1, columns, read, changes);
  }

  /**
   * How to read a source as it changes.
   *
   * @param identity what tells the source from others, by name
   * @param from what reads it from a time on, for good; a version of a row may come more than once
   */
  public record Changes(
      Map<String, String> identity, Function<Instant, PTransform<PBegin, ReadResult>> from) {}
}
