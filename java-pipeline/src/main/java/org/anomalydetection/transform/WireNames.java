package org.anomalydetection.transform;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/**
 * The names under which fields cross the language boundary: f0, f1 and so on by position, since
 * Python's rows carry only names that are identifiers, and a column may be called anything.
 */
final class WireNames {
  private final Schema schema;
  private final List<String> kept;

  /**
   * @param schema the fields of the rows
   * @param kept the fields that come back, after those of the contract
   */
  WireNames(Schema schema, List<String> kept) {
    this.schema = schema;
    this.kept = kept;
  }

  /** Gives rows their names for the way out. */
  PTransform<PCollection<Row>, PCollection<Row>> toWire() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < schema.getFieldCount(); i++) {
      names.add("f" + i);
    }
    return new Rename(renamed(schema, names));
  }

  /** Gives scored rows, which end with the kept fields, their names back. */
  PTransform<PCollection<Row>, PCollection<Row>> fromWire(Schema scored) {
    int own = scored.getFieldCount() - kept.size();
    List<String> names = new ArrayList<>(scored.getFieldNames().subList(0, own));
    names.addAll(kept);
    return new Rename(renamed(scored, names));
  }

  private static Schema renamed(Schema schema, List<String> names) {
    Schema.Builder renamed = Schema.builder();
    for (int i = 0; i < names.size(); i++) {
      renamed.addField(schema.getField(i).withName(names.get(i)));
    }
    return renamed.build();
  }

  private static final class Rename extends PTransform<PCollection<Row>, PCollection<Row>> {
    private static final long serialVersionUID = 1L;

    private final Schema target;

    Rename(Schema target) {
      this.target = target;
    }

    @Override
    public PCollection<Row> expand(PCollection<Row> rows) {
      return rows.apply("Rename", ParDo.of(new RenameFn(target))).setRowSchema(target);
    }
  }

  private static final class RenameFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Schema target;

    RenameFn(Schema target) {
      this.target = target;
    }

    @ProcessElement
    public void process(@Element Row row, OutputReceiver<Row> out) {
      out.output(Row.withSchema(target).attachValues(row.getValues()));
    }
  }
}
