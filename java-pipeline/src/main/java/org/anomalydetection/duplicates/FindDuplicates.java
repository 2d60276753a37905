package org.anomalydetection.duplicates;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.WindowFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Gives scored rows three more fields: which other rows look like copies of them, how many do, and
 * how many of those have the same amounts too. Every row comes out once, else as it was.
 *
 * <p>Ids meet by the hash of their rows' key, with the amounts and without them; of each hash only
 * the count and the first ids are kept, so that it may have any number of rows. Rows themselves are
 * not moved: what is known of the hashes that more than one row has is handed to all rows. It
 * stands in a worker's memory, some hundred bytes for each such hash.
 */
public final class FindDuplicates extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  /**
   * Ids of other rows that look like copies, at most {@link #MOST_IDS}; exact copies come first.
   */
  public static final String IDS = "duplicate_of";

  /** How many other rows look like copies. */
  public static final String COUNT = "duplicates";

  /** How many of them have the same amounts too. */
  public static final String EXACT = "exact_duplicates";

  /** The fields that are added, in their order. */
  public static final List<String> FIELDS = List.of(IDS, COUNT, EXACT);

  /** How many ids a row names. */
  public static final int MOST_IDS = 5;

  private final CopyKey key;
  private final List<String> dropped;

  private FindDuplicates(CopyKey key, List<String> dropped) {
    this.key = key;
    this.dropped = List.copyOf(dropped);
  }

  /** Finds rows that are equal in a key, whose columns and amounts the rows need to have. */
  public static FindDuplicates by(CopyKey key) {
    return new FindDuplicates(key, List.of());
  }

  /** Drops fields that the rows have only to be compared by. */
  public FindDuplicates dropping(List<String> fields) {
    return new FindDuplicates(key, fields);
  }

  /**
   * Adds the steps to a pipeline.
   *
   * @throws IllegalArgumentException if the rows are in other windows than the global one: copies
   *     are found among all rows of an input
   */
  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    WindowFn<?, ?> windows = rows.getWindowingStrategy().getWindowFn();
    if (!(windows instanceof GlobalWindows)) {
      throw new IllegalArgumentException(
          "FindDuplicates: expected rows in the global window, found them in "
              + windows.getClass().getSimpleName());
    }
    List<Schema.Field> kept =
        rows.getSchema().getFields().stream()
            .filter(field -> !dropped.contains(field.getName()))
            .toList();
    Schema schema =
        Schema.builder()
            .addFields(kept)
            .addField(IDS, FieldType.array(FieldType.STRING))
            .addField(COUNT, FieldType.INT64)
            .addField(EXACT, FieldType.INT64)
            .build();
    PCollectionView<Iterable<KV<String, FewIds>>> shared =
        rows.apply("Hash", ParDo.of(new HashFn(key)))
            .apply("Count", Combine.perKey(new CountById()))
            .apply("Shared", Filter.by(ids -> ids.getValue().rows() > 1))
            .apply("AsIterable", View.asIterable());
    return rows.apply(
            "Tell", ParDo.of(new TellFn(key, kept.size(), schema, shared)).withSideInputs(shared))
        .setRowSchema(schema);
  }

  private static String id(Row row) {
    return row.getString("id");
  }

  /** Puts the id of a row under what it has in common with copies, and with exact copies. */
  private static final class HashFn extends DoFn<Row, KV<String, String>> {
    private static final long serialVersionUID = 1L;

    private final CopyKey key;

    HashFn(CopyKey key) {
      this.key = key;
    }

    @ProcessElement
    public void process(@Element Row row, OutputReceiver<KV<String, String>> out) {
      key.of(row)
          .ifPresent(
              hash -> {
                out.output(KV.of(hash, id(row)));
                out.output(KV.of(hash + key.ofAmounts(row), id(row)));
              });
    }
  }

  /** Adds the fields to rows. */
  private static final class TellFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final CopyKey key;
    private final int kept;
    private final Schema schema;
    private final PCollectionView<Iterable<KV<String, FewIds>>> view;
    private transient @Nullable Map<String, FewIds> shared;

    TellFn(
        CopyKey key, int kept, Schema schema, PCollectionView<Iterable<KV<String, FewIds>>> view) {
      this.key = key;
      this.kept = kept;
      this.schema = schema;
      this.view = view;
    }

    @StartBundle
    public void startBundle() {
      shared = null;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      if (shared == null) {
        shared = new HashMap<>();
        for (KV<String, FewIds> ids : context.sideInput(view)) {
          shared.put(ids.getKey(), ids.getValue());
        }
      }
      Row row = context.element();
      List<Object> values = new ArrayList<>(kept + FIELDS.size());
      for (String name : schema.getFieldNames().subList(0, kept)) {
        values.add(row.getValue(name));
      }
      values.addAll(told(row, shared));
      context.output(Row.withSchema(schema).attachValues(values));
    }

    /** Returns the values of the three fields. */
    private List<Object> told(Row row, Map<String, FewIds> known) {
      Optional<String> hash = key.of(row);
      FewIds all = hash.map(known::get).orElse(null);
      if (all == null) {
        return List.of(List.of(), 0L, 0L);
      }
      FewIds same = known.get(hash.get() + key.ofAmounts(row));
      List<String> exact = same == null ? List.of() : same.without(List.of(id(row)), MOST_IDS);
      List<String> named = Stream.concat(Stream.of(id(row)), exact.stream()).toList();
      List<String> others = all.without(named, MOST_IDS - exact.size());
      return List.of(
          Stream.concat(exact.stream(), others.stream()).toList(),
          all.rows() - 1,
          same == null ? 0L : same.rows() - 1);
    }
  }
}
