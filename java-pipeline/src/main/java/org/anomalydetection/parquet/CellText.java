package org.anomalydetection.parquet;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.JulianFields;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.example.data.simple.NanoTime;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.BsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntervalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveStringifier;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * The values of a column as the text that stands in a CSV file for them: numbers with a point,
 * {@code true} and {@code false}, ISO dates and times. A time without a time zone that is the
 * beginning of its day is that day, as there is no other way for some to write dates.
 */
final class CellText {
  private static final Pattern MIDNIGHT = Pattern.compile("T00:00:00\\.0+$");

  /** From here on not every whole number is a double. */
  private static final double WHOLE = 1L << 53;

  private final PrimitiveTypeName physical;
  private final PrimitiveStringifier usual;
  private final Function<String, String> finish;
  private final Function<Binary, byte[]> bytes;

  private CellText(PrimitiveType type) {
    physical = type.getPrimitiveTypeName();
    usual = type.stringifier();
    LogicalTypeAnnotation annotation = type.getLogicalTypeAnnotation();
    finish =
        annotation instanceof TimestampLogicalTypeAnnotation timestamp
                && !timestamp.isAdjustedToUTC()
            ? text -> MIDNIGHT.matcher(text).replaceFirst("")
            : text -> text;
    if (physical == PrimitiveTypeName.INT96) {
      bytes = value -> ascii(time(NanoTime.fromBinary(value)));
    } else if (annotation == null
        || annotation instanceof StringLogicalTypeAnnotation
        || annotation instanceof EnumLogicalTypeAnnotation
        || annotation instanceof JsonLogicalTypeAnnotation) {
      bytes = Binary::getBytes;
    } else {
      bytes = value -> ascii(usual.stringify(value));
    }
  }

  /** Returns the texts of a column that is not {@link #unreadable}. */
  static CellText of(PrimitiveType type) {
    return new CellText(type);
  }

  /** Returns what a column is whose values no cell could hold, nothing if it is none of these. */
  static Optional<String> unreadable(Type type) {
    LogicalTypeAnnotation annotation = type.getLogicalTypeAnnotation();
    if (type.isRepetition(Type.Repetition.REPEATED)
        || annotation instanceof ListLogicalTypeAnnotation) {
      return Optional.of("a list");
    }
    if (annotation instanceof MapLogicalTypeAnnotation) {
      return Optional.of("a map");
    }
    if (!type.isPrimitive()) {
      return Optional.of("a group of columns");
    }
    return annotation instanceof BsonLogicalTypeAnnotation
            || annotation instanceof IntervalLogicalTypeAnnotation
        ? Optional.of(annotation.toString())
        : Optional.empty();
  }

  /** Returns the text of an entry of a dictionary. */
  byte[] of(Dictionary dictionary, int id) {
    return switch (physical) {
      case INT32 -> of(dictionary.decodeToInt(id));
      case INT64 -> of(dictionary.decodeToLong(id));
      case FLOAT -> of(dictionary.decodeToFloat(id));
      case DOUBLE -> of(dictionary.decodeToDouble(id));
      case BOOLEAN -> of(dictionary.decodeToBoolean(id));
      case BINARY, FIXED_LEN_BYTE_ARRAY, INT96 -> of(dictionary.decodeToBinary(id));
    };
  }

  byte[] of(Binary value) {
    return bytes.apply(value);
  }

  byte[] of(boolean value) {
    return ascii(Boolean.toString(value));
  }

  byte[] of(double value) {
    return ascii(isWhole(value) ? (long) value + ".0" : Double.toString(value));
  }

  byte[] of(float value) {
    return ascii(isWhole(value) ? (long) value + ".0" : Float.toString(value));
  }

  byte[] of(int value) {
    return ascii(usual.stringify(value));
  }

  byte[] of(long value) {
    return ascii(finish.apply(usual.stringify(value)));
  }

  private static boolean isWhole(double value) {
    return Math.rint(value) == value && Math.abs(value) < WHOLE;
  }

  private static String time(NanoTime value) {
    LocalDateTime time =
        LocalTime.ofNanoOfDay(value.getTimeOfDayNanos())
            .atDate(LocalDate.EPOCH.with(JulianFields.JULIAN_DAY, value.getJulianDay()));
    return time.toLocalTime().equals(LocalTime.MIDNIGHT)
        ? time.toLocalDate().toString()
        : DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
