package org.anomalydetection.cloud.bigquery;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The names that columns have in BigQuery, which knows letters, digits and underscores, and does
 * not tell {@code id} from {@code Id}: another character becomes an underscore, and a name that is
 * taken, or BigQuery's own, gets {@code input_} in front and, if that is taken too, a number behind
 * it.
 */
final class ColumnNames {
  /** Of the 300 characters that a name may have; the rest is for what tells it from others. */
  private static final int MOST_CHARACTERS = 280;

  private static final String FRONT = "input_";
  private static final List<String> RESERVED =
      List.of("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier");

  private ColumnNames() {}

  /** Returns the names of all columns, of which the first ones are served first. */
  static List<String> of(List<String> columns) {
    Set<String> taken = new HashSet<>();
    List<String> names = new ArrayList<>();
    for (String column : columns) {
      String plain = plain(column);
      String name = taken.contains(key(plain)) || isReserved(plain) ? FRONT + plain : plain;
      String free = name;
      for (int number = 2; taken.contains(key(free)); number++) {
        free = name + "_" + number;
      }
      taken.add(key(free));
      names.add(free);
    }
    return names;
  }

  private static String plain(String column) {
    String name = column.replaceAll("[^A-Za-z0-9_]", "_");
    String begun = name.isEmpty() || Character.isDigit(name.charAt(0)) ? "_" + name : name;
    return begun.substring(0, Math.min(begun.length(), MOST_CHARACTERS));
  }

  private static boolean isReserved(String name) {
    return RESERVED.stream().anyMatch(key(name)::startsWith);
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
