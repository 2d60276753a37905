package org.anomalydetection.duplicates;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.SchemaCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Gives scored rows three more fields: which other rows look like copies of them, how many do, and
 * how many of those have the same amounts too. Every row comes out once, else as it was.
 *
 * <p>Rows meet by the hash of their key, first those with equal amounts and then all; a key may
 * have any number of rows.
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

  private static final int MOST_HELD = 1000;

  private static final TupleTag<KV<String, Row>> KEYED = new TupleTag<>() {};
  private static final TupleTag<Row> ALONE = new TupleTag<>() {};

  private final CopyKey key;
  private final List<String> dropped;
  private final int mostHeld;

  private FindDuplicates(CopyKey key, List<String> dropped, int mostHeld) {
    this.key = key;
    this.dropped = List.copyOf(dropped);
    this.mostHeld = mostHeld;
  }

  /** Finds rows that are equal in a key, whose columns and amounts the rows need to have. */
  public static FindDuplicates by(CopyKey key) {
    return new FindDuplicates(key, List.of(), MOST_HELD);
  }

  /** Drops fields that the rows have only to be compared by. */
  public FindDuplicates dropping(List<String> fields) {
    return new FindDuplicates(key, fields, mostHeld);
  }

  /** Sets how many rows of one key may be held together; results do not depend on it. */
  FindDuplicates holding(int rows) {
    return new FindDuplicates(key, dropped, rows);
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
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
    KvCoder<String, Row> coder = KvCoder.of(StringUtf8Coder.of(), SchemaCoder.of(schema));
    PCollectionTuple keyed =
        rows.apply(
            "Key", ParDo.of(new KeyFn(key, schema)).withOutputTags(KEYED, TupleTagList.of(ALONE)));
    PCollection<Row> met =
        keyed
            .get(KEYED)
            .setCoder(coder)
            .apply("WithAmounts", new MeetByKey(mostHeld))
            .apply("Exact", ParDo.of(new ExactFn()))
            .setCoder(coder)
            .apply("WithoutAmounts", new MeetByKey(mostHeld))
            .apply("All", ParDo.of(new AllFn()))
            .setRowSchema(schema);
    return PCollectionList.of(met)
        .and(keyed.get(ALONE).setRowSchema(schema))
        .apply("Flatten", Flatten.pCollections());
  }

  /** Sets the last three values of a row. */
  private static Row with(Row row, List<String> ids, long count, long exact) {
    List<Object> values = new ArrayList<>(row.getValues());
    int last = values.size();
    values.set(last - 3, ids);
    values.set(last - 2, count);
    values.set(last - 1, exact);
    return Row.withSchema(row.getSchema()).attachValues(values);
  }

  private static String id(Row row) {
    return row.getString("id");
  }

  /**
   * Keys rows by all that exact copies have in common: the hash of the key, then of the amounts.
   */
  private static final class KeyFn extends DoFn<Row, KV<String, Row>> {
    private static final long serialVersionUID = 1L;

    private final CopyKey key;
    private final Schema schema;

    KeyFn(CopyKey key, Schema schema) {
      this.key = key;
      this.schema = schema;
    }

    @ProcessElement
    public void process(@Element Row row, MultiOutputReceiver out) {
      List<Object> values = new ArrayList<>();
      for (String name :
          schema.getFieldNames().subList(0, schema.getFieldCount() - FIELDS.size())) {
        values.add(row.getValue(name));
      }
      values.addAll(List.of(List.of(), 0L, 0L));
      Row wider = Row.withSchema(schema).attachValues(values);
      key.of(row)
          .ifPresentOrElse(
              hash -> out.get(KEYED).output(KV.of(hash + " " + key.ofAmounts(row), wider)),
              () -> out.get(ALONE).output(wider));
    }
  }

  /** Notes the exact copies, and keys rows by their key alone. */
  private static final class ExactFn extends DoFn<KV<KV<String, Row>, FewIds>, KV<String, Row>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<KV<String, Row>, FewIds> met, OutputReceiver<KV<String, Row>> out) {
      String key = met.getKey().getKey();
      Row row = met.getKey().getValue();
      long others = met.getValue().rows() - 1;
      List<String> ids = met.getValue().without(List.of(id(row)), MOST_IDS);
      out.output(KV.of(key.substring(0, key.indexOf(' ')), with(row, ids, others, others)));
    }
  }

  /** Notes the other copies. */
  private static final class AllFn extends DoFn<KV<KV<String, Row>, FewIds>, Row> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element KV<KV<String, Row>, FewIds> met, OutputReceiver<Row> out) {
      Row row = met.getKey().getValue();
      List<String> exact = List.copyOf(row.<String>getArray(IDS));
      List<String> known = Stream.concat(Stream.of(id(row)), exact.stream()).toList();
      List<String> others = met.getValue().without(known, MOST_IDS - exact.size());
      List<String> ids = Stream.concat(exact.stream(), others.stream()).toList();
      out.output(with(row, ids, met.getValue().rows() - 1, row.getInt64(EXACT)));
    }
  }
}
