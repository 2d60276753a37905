package org.anomalydetection.source;

import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/** Gives what is to be read to all workers, each thing to one of them. */
public final class Spread<T> extends PTransform<PBegin, PCollection<T>> {
  private static final long serialVersionUID = 1L;

  private final List<T> things;
  private final Coder<T> coder;

  private Spread(List<T> things, Coder<T> coder) {
    this.things = things;
    this.coder = coder;
  }

  /** Gives these things. */
  public static <T> Spread<T> of(List<T> things, Coder<T> coder) {
    return new Spread<>(things, coder);
  }

  @Override
  public PCollection<T> expand(PBegin input) {
    PCollection<T> all = input.apply("All", Create.of(things).withCoder(coder));
    // One thing needs no step that waits for the others.
    return things.size() > 1 ? all.apply("ToWorkers", Reshuffle.viaRandomKey()) : all;
  }
}
