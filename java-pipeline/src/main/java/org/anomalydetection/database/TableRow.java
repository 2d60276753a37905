package org.anomalydetection.database;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.anomalydetection.output.JsonText;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/** Rows of a schema as the values of a {@link Table}. */
final class TableRow {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** PostgreSQL's texts hold every character but this. */
  private static final char NUL = '\0';

  private static final char INSTEAD = '\ufffd';

  /** The same in JSON, behind an even number of backslashes. */
  private static final Pattern NUL_IN_JSON = Pattern.compile("(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000");

  /** What makes an error the same when a bundle, or a run, is repeated. */
  private static final List<String> IDENTITY = List.of("source", "row", "stage", "element");

  private final @Nullable JsonText[] json;

  TableRow(Schema schema) {
    json =
        schema.getFields().stream()
            .map(
                field ->
                    field.getType().getTypeName().isPrimitiveType() ? null : new JsonText(field))
            .toArray(JsonText[]::new);
  }

  /** Returns the values of a row. */
  @Nullable Object[] values(Row row) {
    @Nullable Object[] values = new Object[json.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(json[i], row.getValue(i));
    }
    return values;
  }

  private static @Nullable Object value(@Nullable JsonText text, @Nullable Object value) {
    if (value instanceof String string) {
      return string.replace(NUL, INSTEAD);
    }
    return value == null || text == null
        ? value
        : NUL_IN_JSON.matcher(text.of(value)).replaceAll("$1" + INSTEAD);
  }

  /** Returns the values of a row, its time behind them. */
  @Nullable Object[] timed(Row row, Instant time) {
    OffsetDateTime changed =
        java.time.Instant.ofEpochMilli(time.getMillis()).atOffset(ZoneOffset.UTC);
    return Stream.concat(Arrays.stream(values(row)), Stream.of(changed)).toArray();
  }

  /** Returns the values of an error's row, its key before them. */
  @Nullable Object[] keyed(Row error) {
    return Stream.concat(Stream.of(key(error)), Arrays.stream(values(error))).toArray();
  }

  /** Returns the SHA-256 of what makes an error the same, in hexadecimal digits. */
  static String key(Row error) {
    try {
      String identity = MAPPER.writeValueAsString(IDENTITY.stream().map(error::getValue).toList());
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(identity.getBytes(StandardCharsets.UTF_8)));
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
