package org.anomalydetection.salesforce;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Queries in Salesforce's language. Names become part of one only if they are names. */
public final class Soql {
  private static final String NAME = "[A-Za-z][A-Za-z0-9_]{0,79}";
  private static final Pattern OBJECT = Pattern.compile(NAME);
  private static final Pattern PATH = Pattern.compile(NAME + "(\\." + NAME + "){0,5}");
  private static final Pattern ID_VALUE = Pattern.compile("[A-Za-z0-9]{15,18}");
  private static final Pattern QUERY =
      Pattern.compile(
          "\\s*SELECT\\s+(?<fields>.+?)\\s+FROM\\s+(?<object>" + NAME + ")\\b.*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Soql() {}

  /** The field that names a record of any object. */
  static final String ID = "Id";

  /** Returns the name of an object, such as Opportunity. */
  static String object(String name) {
    return require(OBJECT, name, "the name of an object, such as Opportunity");
  }

  /** Returns the path of a field, such as Account.Industry. */
  static String path(String path) {
    return require(PATH, path, "the name of a field, such as Amount or Account.Industry");
  }

  private static String require(Pattern pattern, String name, String expected) {
    if (!pattern.matcher(name).matches()) {
      throw new IllegalArgumentException("expected " + expected + ", found " + name);
    }
    return name;
  }

  /**
   * Returns a query for the records of a window. It has no order and no limit, with which
   * Salesforce would not work on parts of a bulk query at a time.
   */
  static String select(List<String> paths, String object, String cursor, QueryWindow window) {
    return select(paths, object, conditions(cursor, window));
  }

  /** Returns a query for the first records of a window behind an id, in the order of ids. */
  static String selectById(
      List<String> paths,
      String object,
      String cursor,
      QueryWindow window,
      String after,
      int limit) {
    List<String> conditions = conditions(cursor, window);
    if (!after.isEmpty()) {
      conditions.add(ID + " > '" + require(ID_VALUE, after, "the id of a record") + "'");
    }
    return select(paths, object, conditions) + " ORDER BY " + ID + " LIMIT " + limit;
  }

  private static List<String> conditions(String cursor, QueryWindow window) {
    List<String> conditions = new ArrayList<>();
    if (window.start() != null) {
      conditions.add(cursor + " >= " + time(window.start()));
    }
    if (window.end() != null) {
      conditions.add(cursor + " < " + time(window.end()));
    }
    return conditions;
  }

  private static String select(List<String> paths, String object, List<String> conditions) {
    return "SELECT "
        + String.join(", ", paths)
        + " FROM "
        + object
        + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions));
  }

  /** Returns a time as queries have it, without quotes. */
  static String time(Instant time) {
    return TIME.format(time);
  }

  /**
   * What a query asks for.
   *
   * @param object the object
   * @param paths the fields, in its order
   */
  public record Parts(String object, List<String> paths) {}

  /**
   * Returns what somebody's own query asks for.
   *
   * @throws IllegalArgumentException unless it selects fields by their names, each once
   */
  public static Parts parse(String soql) {
    Matcher query = QUERY.matcher(soql);
    if (!query.matches()) {
      throw new IllegalArgumentException("expected SELECT ... FROM ..., found " + soql);
    }
    List<String> paths = new ArrayList<>();
    for (String field : query.group("fields").split(",", -1)) {
      String path = field.strip();
      if (!PATH.matcher(path).matches()) {
        throw new IllegalArgumentException(
            "expected fields by their names, without functions, aliases, subqueries and TYPEOF,"
                + " found "
                + path);
      }
      if (paths.stream().anyMatch(path::equalsIgnoreCase)) {
        throw new IllegalArgumentException("expected each field once, found " + path + " again");
      }
      paths.add(path);
    }
    return new Parts(query.group("object"), List.copyOf(paths));
  }
}
