package org.anomalydetection.columns;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;

/** Plays the part of Python: for a block that is sent, the block that comes back. */
final class Echo {
  private static final Schema REASON =
      ContractSchema.SCORED.getField("reasons").getType().getCollectionElementType().getRowSchema();

  private Echo() {}

  /** Returns the schema of what comes back. */
  static Schema schema(int kept) {
    Schema.Builder schema =
        Schema.builder()
            .addInt64Field(Blocks.VERSION)
            .addInt64Field(Blocks.ROWS)
            .addByteArrayField(Blocks.TIMESTAMPS)
            .addByteArrayField(Blocks.SCORED);
    Blocks.columns(kept).forEach(name -> schema.addField(Schema.Field.of(name, FieldType.BYTES)));
    return schema.build();
  }

  /**
   * Answers.
   *
   * @param id the place of the column that is the id
   * @param kept the places of the columns that come back
   * @param isGood which rows of the block are scored
   */
  static Row answer(Row block, int id, List<Integer> kept, IntPredicate isGood) {
    int n = block.getInt64(Blocks.ROWS).intValue();
    byte[] scored = new byte[(n + 7) / 8];
    int m = 0;
    for (int i = 0; i < n; i++) {
      if (isGood.test(i)) {
        scored[i / 8] |= (byte) (1 << i % 8);
        m++;
      }
    }
    List<Object> values = new ArrayList<>();
    values.addAll(block.getValues().subList(0, 3));
    values.add(scored);
    values.add(block.getBytes("f" + id));
    for (Schema.Field field :
        ContractSchema.SCORED.getFields().subList(1, ContractSchema.SCORED.getFieldCount())) {
      ColumnBuilder column = ColumnCodec.of(field.getType()).builder();
      for (int i = 0; i < m; i++) {
        column.add(value(field, i));
      }
      values.add(bytes(column));
    }
    kept.forEach(column -> values.add(block.getBytes("f" + column)));
    return Row.withSchema(schema(kept.size())).attachValues(values);
  }

  /** Returns the row that the i-th of the scored rows of a block is to be. */
  static Row scored(Schema schema, Row sent, int id, List<Integer> kept, int i) {
    List<Object> values = new ArrayList<>();
    for (Schema.Field field : ContractSchema.SCORED.getFields()) {
      values.add(values.isEmpty() ? sent.getValue(id) : value(field, i));
    }
    kept.forEach(column -> values.add(sent.getValue(column)));
    return Row.withSchema(schema).attachValues(values);
  }

  static byte[] bytes(ColumnBuilder column) {
    ColumnWriter out = new ColumnWriter();
    column.write(out);
    return out.toByteArray();
  }

  private static Object value(Schema.Field field, int i) {
    return switch (field.getType().getTypeName()) {
      case DOUBLE -> field.getName().equals("threshold") ? 0.5 : i / 7.0;
      case INT64 -> i % 9 - 1L;
      case ARRAY ->
          i % 5 != 0
              ? List.of()
              : List.of(
                  Row.withSchema(REASON).attachValues(Arrays.asList("Stage", "x" + i, null, 0.75)),
                  Row.withSchema(REASON).attachValues(Arrays.asList("Zoë", null, "y", 0.25)));
      default -> "model";
    };
  }
}
