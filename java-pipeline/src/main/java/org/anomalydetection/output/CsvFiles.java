package org.anomalydetection.output;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A header, and a record for each row. */
final class CsvFiles implements RowFiles {
  private final CSVFormat format;

  /** What writes the fields that are no single value. */
  private final @Nullable JsonText[] json;

  CsvFiles(Schema schema) {
    format =
        CSVFormat.RFC4180.builder().setHeader(schema.getFieldNames().toArray(String[]::new)).get();
    json = new JsonText[schema.getFieldCount()];
    for (int i = 0; i < json.length; i++) {
      Schema.Field field = schema.getField(i);
      JsonText text = new JsonText(field);
      json[i] = field.getType().getTypeName().isPrimitiveType() ? null : text;
    }
  }

  @Override
  public RowFile begin(WritableByteChannel channel) throws IOException {
    CSVPrinter printer =
        new CSVPrinter(Channels.newWriter(channel, StandardCharsets.UTF_8), format);
    return new RowFile() {
      @Override
      public void write(Row row) throws IOException {
        for (int i = 0; i < json.length; i++) {
          printer.print(cell(i, row.getValue(i)));
        }
        printer.println();
      }

      @Override
      public void finish() throws IOException {
        printer.flush();
      }
    };
  }

  private @Nullable Object cell(int field, @Nullable Object value) {
    JsonText text = json[field];
    return value == null || text == null ? value : text.of(value);
  }
}
