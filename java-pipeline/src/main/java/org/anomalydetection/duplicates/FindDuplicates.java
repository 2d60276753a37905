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
import org.apache.beam.sdk.transforms.GroupByKey;
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
 * <p>Rows meet by the hash of their key, first of those with equal amounts and then of all: a group
 * is gone through twice and never held, so that it may have any number of rows.
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

  private static final TupleTag<KV<String, Row>> KEYED = new TupleTag<>() {};
  private static final TupleTag<Row> ALONE = new TupleTag<>() {};

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
            .apply("WithAmounts", GroupByKey.create())
            .apply("Exact", ParDo.of(new ExactFn()))
            .setCoder(coder)
            .apply("WithoutAmounts", GroupByKey.create())
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
  private static final class ExactFn extends DoFn<KV<String, Iterable<Row>>, KV<String, Row>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<String, Iterable<Row>> equal, OutputReceiver<KV<String, Row>> out) {
      FewIds few = few(equal.getValue());
      String hash = equal.getKey().substring(0, equal.getKey().indexOf(' '));
      for (Row row : equal.getValue()) {
        List<String> others = few.without(List.of(id(row)), MOST_IDS);
        out.output(KV.of(hash, with(row, others, few.rows() - 1, few.rows() - 1)));
      }
    }
  }

  /** Notes the other copies. */
  private static final class AllFn extends DoFn<KV<String, Iterable<Row>>, Row> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element KV<String, Iterable<Row>> equal, OutputReceiver<Row> out) {
      FewIds few = few(equal.getValue());
      for (Row row : equal.getValue()) {
        List<String> exact = List.copyOf(row.<String>getArray(IDS));
        List<String> known = Stream.concat(Stream.of(id(row)), exact.stream()).toList();
        List<String> ids =
            Stream.concat(exact.stream(), few.without(known, MOST_IDS - exact.size()).stream())
                .toList();
        out.output(with(row, ids, few.rows() - 1, row.getInt64(EXACT)));
      }
    }
  }

  /** One more than is named of a row's others, since a row does not name itself. */
  private static FewIds few(Iterable<Row> rows) {
    FewIds few = new FewIds(MOST_IDS + 1);
    rows.forEach(row -> few.add(id(row)));
    return few;
  }
}
