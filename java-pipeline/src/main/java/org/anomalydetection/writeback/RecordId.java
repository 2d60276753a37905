package org.anomalydetection.writeback;

import java.util.regex.Pattern;

/** Ids of Salesforce: 15 characters, and 3 more that repeat their case for those who lose it. */
final class RecordId {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9]{15}([A-Z0-5]{3})?");
  private static final int CHARACTERS = 15;

  private RecordId() {}

  static boolean isOne(String text) {
    return FORM.matcher(text).matches();
  }

  /** Returns what both forms of an id have in common. */
  static String key(String id) {
    return id.length() <= CHARACTERS ? id : id.substring(0, CHARACTERS);
  }
}
