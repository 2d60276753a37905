package org.anomalydetection.writeback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.anomalydetection.salesforce.api.FieldDescription;
import org.anomalydetection.summary.OddRow;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A field that takes a value of a scored row. Values are texts in one form, that of the field:
 * equal texts are equal values.
 *
 * @param value which value
 * @param name the field's name
 * @param scale digits behind the point, of a number
 * @param length characters at most, of a text
 * @param isBoolean whether it is a checkbox
 */
public record TargetField(Value value, String name, int scale, int length, boolean isBoolean)
    implements Serializable {
  private static final String CUT = "…";

  static TargetField of(Value value, FieldDescription field) {
    return new TargetField(
        value, field.name(), field.scale(), field.length(), field.type().equals("boolean"));
  }

  /** Tells whether it takes a reason. */
  public boolean isReason() {
    return value == Value.REASON;
  }

  /** Returns the value of a scored row, null for none. */
  @Nullable String of(Row scored) {
    return switch (value) {
      case SCORE -> number(BigDecimal.valueOf(scored.getDouble("score")));
      case LABEL -> {
        long label = scored.getInt64("label");
        yield isBoolean ? String.valueOf(label == 1) : number(BigDecimal.valueOf(label));
      }
      case REASON ->
          scored.<Row>getArray("reasons").stream()
              .findFirst()
              .map(reason -> text(OddRow.Reason.of(reason).text()))
              .orElse(null);
    };
  }

  /** Returns the value that a record of Salesforce has, null for none. */
  @Nullable String of(JsonNode record) {
    JsonNode found = record.path(name);
    if (found.isNumber()) {
      return number(found.decimalValue());
    }
    if (found.isBoolean()) {
      return found.asText();
    }
    return found.isTextual() && !found.textValue().isEmpty() ? found.textValue() : null;
  }

  /** Returns one of its values as JSON has it. */
  JsonNode json(@Nullable String text) {
    if (text == null) {
      return NullNode.getInstance();
    }
    if (isBoolean) {
      return BooleanNode.valueOf(Boolean.parseBoolean(text));
    }
    return isReason() ? TextNode.valueOf(text) : DecimalNode.valueOf(new BigDecimal(text));
  }

  private String number(BigDecimal number) {
    return number.setScale(scale, RoundingMode.HALF_UP).toPlainString();
  }

  /** Returns a text as Salesforce keeps it: in one line, without blanks around it. */
  private String text(String text) {
    String line = text.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    if (line.length() <= length) {
      return line;
    }
    int end = length - CUT.length();
    if (Character.isHighSurrogate(line.charAt(end - 1))) {
      end--;
    }
    return line.substring(0, end).stripTrailing() + CUT;
  }
}
