package org.anomalydetection.database;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;

/** A table with a column for each field of a schema, and how rows come into it. */
final class Table implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The column that says when the record of a row was changed; NULL where nobody knows. */
  static final String CHANGED = "changed";

  private static final String TIME = "TIMESTAMPTZ";

  /** What PostgreSQL keeps of a name, in bytes; it cuts off the rest. */
  private static final int MOST_NAME_BYTES = 63;

  private final String name;
  private final String key;
  private final boolean replace;
  private final List<String> columns;
  private final List<String> types;

  /** Columns that the table has beside them. */
  private final List<String> others;

  /**
   * @param key the column of which each value stands in one row
   * @param replace whether a row takes the place of the one with its key, or is left out
   */
  private Table(
      String name,
      String key,
      boolean replace,
      List<String> columns,
      List<String> types,
      List<String> others) {
    this.name = name;
    this.key = key;
    this.replace = replace;
    this.columns = columns;
    this.types = types;
    this.others = others;
  }

  /**
   * Returns a table of a schema.
   *
   * @throws DatabaseException if a column cannot have its name
   */
  private static Table of(String name, String key, boolean replace, List<Schema.Field> fields) {
    List<String> columns = fields.stream().map(Schema.Field::getName).toList();
    for (String column : columns) {
      if (column.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES) {
        throw new DatabaseException(
            String.format(
                "table %s: expected names of columns of at most %d bytes, found %s; leave it out"
                    + " with --keepColumns",
                name, MOST_NAME_BYTES, column));
      }
    }
    List<String> types = fields.stream().map(field -> type(field.getType())).toList();
    return new Table(name, key, replace, columns, types, List.of());
  }

  /** Returns the table of scored rows, of which the last one with an id stays. */
  static Table scored(Schema schema) {
    return of("scored", "id", true, schema.getFields());
  }

  /**
   * Returns the table of scored rows that have a time: of those with an id, the one of the latest
   * time stays.
   *
   * @throws DatabaseException if the rows have a column of the name of the time's
   */
  static Table versions(Schema schema) {
    if (schema.hasField(CHANGED)) {
      throw new DatabaseException(
          String.format(
              "table scored: expected another name of a column than %s, which says when a record"
                  + " was changed; leave it out with --keepColumns, or rename it",
              CHANGED));
    }
    List<Schema.Field> fields = new ArrayList<>(schema.getFields());
    fields.add(Schema.Field.of(CHANGED, FieldType.DATETIME));
    return of("scored", "id", true, fields);
  }

  /** Returns the table of errors, which has a column more for {@link TableRow#key}. */
  static Table errors(Schema schema) {
    List<Schema.Field> fields = new ArrayList<>();
    fields.add(Schema.Field.of("key", FieldType.STRING));
    fields.addAll(schema.getFields());
    return of("errors", "key", false, fields);
  }

  /** Returns which of the columns is the key. */
  int keyIndex() {
    return columns.indexOf(key);
  }

  /** Returns the statement that makes the table where it is not there. */
  String create() {
    List<String> definitions = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      definitions.add(
          String.format(
              "  %s %s%s",
              quoted(columns.get(i)),
              types.get(i),
              columns.get(i).equals(key) ? " PRIMARY KEY" : ""));
    }
    return String.format(
        "CREATE TABLE IF NOT EXISTS %s (\n%s\n)", quoted(name), String.join(",\n", definitions));
  }

  /**
   * Returns the statement that puts a row into the table; its values are those of the columns. The
   * row takes the place of another one wholly: what it has no values for gets the defaults.
   */
  String upsert() {
    String values =
        types.stream()
            .map(type -> type.equals("JSONB") ? "CAST(? AS JSONB)" : "?")
            .collect(Collectors.joining(", "));
    List<String> changes = new ArrayList<>();
    columns.stream()
        .filter(column -> !column.equals(key))
        .forEach(column -> changes.add(quoted(column) + " = EXCLUDED." + quoted(column)));
    others.forEach(column -> changes.add(quoted(column) + " = DEFAULT"));
    String newer =
        hasTime()
            ? String.format(
                " WHERE %1$s.%2$s IS NULL OR %1$s.%2$s <= EXCLUDED.%2$s",
                quoted(name), quoted(CHANGED))
            : "";
    return String.format(
        "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO %s",
        quoted(name),
        columns.stream().map(Table::quoted).collect(Collectors.joining(", ")),
        values,
        quoted(key),
        replace ? "UPDATE SET " + String.join(", ", changes) + newer : "NOTHING");
  }

  /** Tells whether a row has to say when its record was changed. */
  private boolean hasTime() {
    return columns.contains(CHANGED) && types.get(columns.indexOf(CHANGED)).equals(TIME);
  }

  /**
   * Makes the table where it is not there.
   *
   * @throws DatabaseException if it is there without some of the columns
   */
  void make(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(create());
    }
    found(connection);
  }

  /**
   * Returns the table with the columns that it has beside, and commits.
   *
   * @throws DatabaseException if it is there without some of the columns
   */
  Table found(Connection connection) throws SQLException {
    List<String> beside = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      List<String> missing = new ArrayList<>(columns);
      try (ResultSet nothing =
          statement.executeQuery("SELECT * FROM " + quoted(name) + " LIMIT 0")) {
        ResultSetMetaData found = nothing.getMetaData();
        for (int i = 1; i <= found.getColumnCount(); i++) {
          if (!missing.remove(found.getColumnName(i))) {
            beside.add(found.getColumnName(i));
          }
        }
      }
      if (!missing.isEmpty()) {
        String add =
            missing.stream()
                .map(column -> "ADD " + quoted(column) + " " + types.get(columns.indexOf(column)))
                .collect(Collectors.joining(", "));
        throw new DatabaseException(
            String.format(
                "table %s: expected the columns %s, found a table without them; add them (ALTER"
                    + " TABLE %s %s), or write to another schema (?currentSchema=NAME in the URL)",
                name, String.join(", ", missing), quoted(name), add));
      }
    }
    connection.commit();
    return new Table(name, key, replace, columns, types, beside);
  }

  @Override
  public String toString() {
    return name;
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  private static String type(FieldType type) {
    return switch (type.getTypeName()) {
      case STRING -> "TEXT";
      case DOUBLE -> "DOUBLE PRECISION";
      case FLOAT -> "REAL";
      case INT16 -> "SMALLINT";
      case INT32 -> "INTEGER";
      case INT64 -> "BIGINT";
      case BOOLEAN -> "BOOLEAN";
      case DATETIME -> TIME;
      default -> "JSONB";
    };
  }
}
