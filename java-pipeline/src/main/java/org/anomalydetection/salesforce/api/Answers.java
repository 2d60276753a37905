package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads answers, and looks whether they are whole. */
final class Answers {
  private Answers() {}

  /** Returns the JSON object of an answer. */
  static JsonNode json(Answer answer) throws SalesforceException {
    return Json.parsed(answer.body())
        .filter(JsonNode::isObject)
        .orElseThrow(
            () -> SalesforceException.broken("expected a JSON object" + found(answer), null));
  }

  /** Returns a page of a bulk query. */
  static BulkPage csvPage(Answer answer) throws SalesforceException {
    byte[] csv = csv(answer);
    String expected = answer.header("Sforce-NumberOfRecords");
    long records = CsvRecordCount.of(csv);
    if (!expected.equals(String.valueOf(records))) {
      throw SalesforceException.broken(
          String.format(
              "expected the %s records that Sforce-NumberOfRecords tells of, found %s",
              expected.isEmpty() ? "(missing)" : expected, records < 0 ? "a cut CSV" : records),
          null);
    }
    return new BulkPage(text(csv), records, locator(answer));
  }

  private static String text(byte[] csv) throws SalesforceException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(csv)).toString();
    } catch (CharacterCodingException e) {
      throw SalesforceException.broken("expected CSV in UTF-8, found other bytes", e);
    }
  }

  /** Returns the CSV of an answer. */
  static byte[] csv(Answer answer) throws SalesforceException {
    if (!answer.header("Content-Type").startsWith(Call.CSV)) {
      throw SalesforceException.broken("expected CSV" + found(answer), null);
    }
    return answer.body();
  }

  private static @Nullable String locator(Answer answer) {
    String locator = answer.header("Sforce-Locator");
    return locator.isEmpty() || locator.equals("null") ? null : locator;
  }

  private static String found(Answer answer) {
    return String.format(
        ", found %d bytes of %s", answer.body().length, answer.header("Content-Type"));
  }
}
