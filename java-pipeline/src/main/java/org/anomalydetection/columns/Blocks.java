package org.anomalydetection.columns;

import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;

/** What the fields of blocks are called. */
public final class Blocks {
  static final String VERSION = "version";
  static final String ROWS = "rows";
  static final String TIMESTAMPS = "timestamps";
  static final String SCORED = "scored";

  private Blocks() {}

  /** Returns the types of the fields of rows in the words of the contract's {@code field_types}. */
  public static List<String> fieldTypes(Schema rows) {
    return rows.getFields().stream().map(field -> field.getType().getTypeName().name()).toList();
  }

  /** Returns the schema of the blocks that are sent of so many columns. */
  static Schema sent(int columns) {
    Schema.Builder schema =
        Schema.builder().addInt64Field(VERSION).addInt64Field(ROWS).addByteArrayField(TIMESTAMPS);
    for (int i = 0; i < columns; i++) {
      schema.addField(Schema.Field.of("f" + i, FieldType.BYTES));
    }
    return schema.build();
  }

  /** Returns the columns of the blocks that come back: those of scored rows, then those kept. */
  static List<String> columns(int kept) {
    List<String> names = new ArrayList<>(ContractSchema.SCORED.getFieldNames());
    for (int i = 0; i < kept; i++) {
      names.add("k" + i);
    }
    return names;
  }
}
