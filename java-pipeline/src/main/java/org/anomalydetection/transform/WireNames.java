package org.anomalydetection.transform;

import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.columns.BadText;
import org.anomalydetection.columns.PackRows;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * The names under which fields cross the language boundary one row at a time: f0, f1 and so on by
 * position, since Python's rows carry only names that are identifiers, and a column may be called
 * anything.
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

  /**
   * Gives rows their names for the way out; the outputs are those of {@link PackRows}.
   *
   * @param idField the field that names a row, for errors
   */
  PTransform<PCollection<Row>, PCollectionTuple> toWire(String idField) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < schema.getFieldCount(); i++) {
      names.add("f" + i);
    }
    return new ToWire(renamed(schema, names), idField);
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

  private static final class ToWire extends PTransform<PCollection<Row>, PCollectionTuple> {
    private static final long serialVersionUID = 1L;

    private final Schema target;
    private final String idField;

    ToWire(Schema target, String idField) {
      this.target = target;
      this.idField = idField;
    }

    @Override
    public PCollectionTuple expand(PCollection<Row> rows) {
      PCollectionTuple sent =
          rows.apply(
              "ToWire",
              ParDo.of(new ToWireFn(target, idField))
                  .withOutputTags(PackRows.SENT, TupleTagList.of(PackRows.ERRORS)));
      sent.get(PackRows.SENT).setRowSchema(target);
      sent.get(PackRows.ERRORS).setRowSchema(ContractSchema.ERRORS);
      return sent;
    }
  }

  private static final class ToWireFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Schema target;
    private final String idField;

    ToWireFn(Schema target, String idField) {
      this.target = target;
      this.idField = idField;
    }

    @ProcessElement
    public void process(@Element Row row, MultiOutputReceiver out) {
      int bad = BadText.fieldOf(row);
      if (bad < 0) {
        out.get(PackRows.SENT).output(Row.withSchema(target).attachValues(row.getValues()));
      } else {
        out.get(PackRows.ERRORS).output(BadText.error(row, bad, idField));
      }
    }
  }
}
