package org.anomalydetection.writeback;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.salesforce.api.FieldDescription;
import org.anomalydetection.salesforce.api.ObjectDescription;

/** Which field of an object takes which value of a scored row. Immutable. */
public final class FieldNames {
  private static final Pattern PAIR = Pattern.compile("\\s*(\\w+)\\s*=\\s*([A-Za-z]\\w*)\\s*");

  private final Map<Value, String> names;

  private FieldNames(Map<Value, String> names) {
    this.names = names;
  }

  /**
   * Reads pairs such as {@code score=Anomaly_Score__c}.
   *
   * @throws IllegalArgumentException that says what was expected
   */
  public static FieldNames parse(List<String> pairs) {
    Map<Value, String> names = new LinkedHashMap<>();
    for (String pair : pairs) {
      Matcher matcher = PAIR.matcher(pair);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "expected pairs such as score=Anomaly_Score__c, found " + pair);
      }
      Value value = Value.of(matcher.group(1));
      if (names.put(value, matcher.group(2)) != null) {
        throw new IllegalArgumentException(
            "expected one field for each value, found two for " + value.word());
      }
    }
    Collection<String> fields = names.values();
    Set<String> distinct = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    distinct.addAll(fields);
    if (distinct.size() < fields.size()) {
      throw new IllegalArgumentException(
          "expected another field for each value, found " + String.join(", ", fields));
    }
    return new FieldNames(names);
  }

  /**
   * Returns the fields, if all of them can take their values.
   *
   * @throws IllegalArgumentException with a line for each that cannot
   */
  public List<TargetField> checked(ObjectDescription object) {
    List<TargetField> fields = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    names.forEach(
        (value, name) -> {
          FieldDescription field = object.field(name).orElse(null);
          if (field == null) {
            problems.add(
                String.format(
                    "expected the field %s of %s for the %s, found none that this login may see",
                    name, object.name(), value.word()));
          } else if (!field.updateable()) {
            problems.add(
                String.format(
                    "expected a field that this login may change for the %s, found %s, which it may"
                        + " only read",
                    value.word(), field.name()));
          } else if (!value.fits(field)) {
            problems.add(
                String.format(
                    "expected %s for the %s, found %s: %s",
                    value.expected(), value.word(), field.name(), type(field)));
          } else {
            fields.add(TargetField.of(value, field));
          }
        });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
    return fields;
  }

  private static String type(FieldDescription field) {
    return switch (field.type()) {
      case "double" ->
          String.format(
              "double of %d digits, %d behind the point", field.precision(), field.scale());
      case "string", "textarea" ->
          String.format("%s of %d characters", field.type(), field.length());
      default -> field.type();
    };
  }
}
