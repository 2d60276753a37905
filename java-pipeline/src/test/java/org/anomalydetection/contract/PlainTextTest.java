package org.anomalydetection.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalDate;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read without the patterns of the contract is what they would read. */
class PlainTextTest {
  private static final JsonNode FORMATS = ContractJson.read("formats.json");

  @Test
  void shouldReadNumbersAsTheyAreRead() {
    Pattern pattern = Pattern.compile(FORMATS.at("/number/pattern").asText());
    Random random = new Random(3);
    int read = 0;
    for (int i = 0; i < 100_000; i++) {
      String text = random(random, "0123456789.-+e", 1 + random.nextInt(18));
      double number = PlainText.number(text);
      if (!Double.isNaN(number)) {
        assertTrue(pattern.matcher(text).matches(), text);
        assertEquals(Double.parseDouble(text), number, text);
        read++;
      }
    }
    assertTrue(read > 1000, "read: " + read);
  }

  @Test
  void shouldReadAmountsWithCents() {
    Random random = new Random(4);
    for (int i = 0; i < 100_000; i++) {
      String text =
          String.format(
              Locale.ROOT, "%.2f", Math.pow(10, random.nextInt(12)) * random.nextDouble());
      assertEquals(Double.parseDouble(text), PlainText.number(text), text);
    }
    assertEquals(-0.0, PlainText.number("-0"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-", ".", "1.", ".5", "+1", "1e3", "1234567890123456", "1.2.3", "\u0661"})
  void shouldLeaveOtherNumbersToThePattern(String text) {
    assertTrue(Double.isNaN(PlainText.number(text)));
  }

  @Test
  void shouldKnowTheCalendar() {
    for (int year : new int[] {0, 1, 1900, 2000, 2023, 2024, 9999}) {
      for (int month = 0; month <= 13; month++) {
        for (int day = 0; day <= 32; day++) {
          String text = String.format(Locale.ROOT, "%04d-%02d-%02d", year, month, day);
          assertEquals(isInCalendar(year, month, day), PlainText.isDate(text), text);
        }
      }
    }
  }

  @Test
  void shouldReadTimesAsThePatternDoes() {
    Pattern pattern = Pattern.compile(FORMATS.at("/date/iso").asText());
    Random random = new Random(5);
    int read = 0;
    for (int i = 0; i < 100_000; i++) {
      StringBuilder text = new StringBuilder("2024-01-31T23:59:59.999Z");
      int at = random.nextInt(text.length());
      text.setCharAt(at, "0123456789T:.-Z ".charAt(random.nextInt(16)));
      if (PlainText.isDate(text.toString())) {
        assertTrue(pattern.matcher(text).matches(), text.toString());
        read++;
      }
    }
    assertTrue(read > 1000, "read: " + read);
    assertFalse(PlainText.isDate("2024-01-31T24:00:00.000Z"));
  }

  private static boolean isInCalendar(int year, int month, int day) {
    return year > 0
        && month >= 1
        && month <= 12
        && day >= 1
        && day <= LocalDate.of(year, month, 1).lengthOfMonth();
  }

  private static String random(Random random, String characters, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(characters.charAt(random.nextInt(characters.length())));
    }
    return text.toString();
  }
}
