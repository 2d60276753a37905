package org.anomalydetection.transform;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.SchemaTranslation;
import org.apache.beam.sdk.util.VarInt;
import org.apache.beam.sdk.values.Row;

/**
 * A row as Beam's {@code ExternalConfigurationPayload}. The two fields of the message are written
 * by hand, since the protobuf classes that Beam carries change their package from release to
 * release.
 */
final class ConfigurationPayload {
  private static final int SCHEMA = 1;
  private static final int ROW = 2;
  private static final int LENGTH_DELIMITED = 2;

  private ConfigurationPayload() {}

  static byte[] of(Row row) {
    try {
      ByteArrayOutputStream encoded = new ByteArrayOutputStream();
      RowCoder.of(row.getSchema()).encode(row, encoded);
      ByteArrayOutputStream payload = new ByteArrayOutputStream();
      field(payload, SCHEMA, SchemaTranslation.schemaToProto(row.getSchema(), true).toByteArray());
      field(payload, ROW, encoded.toByteArray());
      return payload.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void field(ByteArrayOutputStream out, int number, byte[] value)
      throws IOException {
    VarInt.encode(number << 3 | LENGTH_DELIMITED, out);
    VarInt.encode(value.length, out);
    out.write(value);
  }
}
