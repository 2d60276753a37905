package org.anomalydetection.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.Schema.TypeName;

/** How the text of a cell is read, from {@code contract/formats.json}. */
public enum CellKind {
  /** Any text, unchanged. */
  STRING(TypeName.STRING, "text") {
    @Override
    public Optional<Object> parse(String text) {
      return Optional.of(text);
    }
  },

  /** A finite number. */
  DOUBLE(TypeName.DOUBLE, expected("number")) {
    @Override
    public Optional<Object> parse(String text) {
      double plain = PlainText.number(text);
      if (!Double.isNaN(plain)) {
        return Optional.of(plain);
      }
      if (!Formats.NUMBER.matcher(text).matches()) {
        return Optional.empty();
      }
      double number = Double.parseDouble(text);
      return Double.isFinite(number) ? Optional.of(number) : Optional.empty();
    }
  },

  /** One of the words for true and for false. */
  BOOLEAN(TypeName.BOOLEAN, expected("boolean")) {
    @Override
    public Optional<Object> parse(String text) {
      return Optional.ofNullable(Formats.BOOLEANS.get(text));
    }
  },

  /** A date of the calendar: ISO text unchanged, the short American form as ISO text. */
  DATE(TypeName.STRING, expected("date")) {
    @Override
    public Optional<Object> parse(String text) {
      if (PlainText.isDate(text)) {
        return Optional.of(text);
      }
      Matcher iso = Formats.ISO_DATE.matcher(text);
      if (iso.matches()) {
        return date(iso.group(1), iso.group(2), iso.group(3)).map(date -> text);
      }
      Matcher shortForm = Formats.SHORT_DATE.matcher(text);
      if (shortForm.matches()) {
        String written = shortForm.group(3);
        boolean whole = written.length() > SHORT_YEAR;
        int year = Integer.parseInt(written) + (whole ? 0 : Formats.FIRST_YEAR);
        return !whole && year > Formats.LAST_YEAR
            ? Optional.empty()
            : date(Integer.toString(year), shortForm.group(1), shortForm.group(2))
                .map(LocalDate::toString);
      }
      return Optional.empty();
    }
  };

  /** Digits of a year without its century. */
  private static final int SHORT_YEAR = 2;

  private final TypeName type;
  private final String expected;

  CellKind(TypeName type, String expected) {
    this.type = type;
    this.expected = expected;
  }

  /** Returns the kind of a type or format name of the contract, such as DOUBLE or date. */
  static CellKind of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** Returns the type of the field that holds such cells. */
  public FieldType type() {
    return FieldType.of(type);
  }

  /** Returns what an error says was expected. */
  public String expected() {
    return expected;
  }

  /** Returns the value of a cell that is not empty, or nothing when it is not of this kind. */
  public abstract Optional<Object> parse(String text);

  private static String expected(String format) {
    return ContractJson.read("formats.json").required(format).required("expected").asText();
  }

  private static Optional<LocalDate> date(String year, String month, String day) {
    try {
      LocalDate date =
          LocalDate.of(Integer.parseInt(year), Integer.parseInt(month), Integer.parseInt(day));
      return date.getYear() > 0 ? Optional.of(date) : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static final class Formats {
    static final JsonNode JSON = ContractJson.read("formats.json");
    static final Pattern NUMBER = pattern("number", "pattern");
    static final Map<String, Boolean> BOOLEANS = booleans();
    static final Pattern ISO_DATE = pattern("date", "iso");
    static final Pattern SHORT_DATE = pattern("date", "short");
    static final int FIRST_YEAR = JSON.required("date").required("short_years").get(0).asInt();
    static final int LAST_YEAR = JSON.required("date").required("short_years").get(1).asInt();

    private static Pattern pattern(String format, String name) {
      return Pattern.compile(JSON.required(format).required(name).asText());
    }

    private static Map<String, Boolean> booleans() {
      Map<String, Boolean> words = new HashMap<>();
      JsonNode format = JSON.required("boolean");
      format.required("true").forEach(word -> words.put(word.asText(), true));
      format.required("false").forEach(word -> words.put(word.asText(), false));
      return Map.copyOf(words);
    }
  }
}
