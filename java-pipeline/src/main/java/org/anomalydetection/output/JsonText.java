package org.anomalydetection.output;

import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.schemas.Schema;

/** The values of a field as JSON, for what holds no lists. */
public final class JsonText {
  private final JsonWriter.Value writer;
  private final JsonBytes bytes = new JsonBytes();

  /**
   * Prepares to write values of a field.
   *
   * @throws IllegalArgumentException if it is of a type that the contract has not
   */
  public JsonText(Schema.Field field) {
    writer = JsonWriter.value(field.getName(), field.getType());
  }

  /** Returns a value as JSON. */
  public String of(Object value) {
    bytes.clear();
    writer.write(bytes, value);
    return new String(bytes.toByteArray(), StandardCharsets.UTF_8);
  }
}
