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

  /** What PostgreSQL keeps of a name, in bytes; it cuts off the rest. */
  private static final int MOST_NAME_BYTES = 63;

  private final String name;
  private final String key;
  private final boolean replace;
  private final List<String> columns;
  private final List<String> types;

  /**
   * @param key the column of which each value stands in one row
   * @param replace whether a row takes the place of the one with its key, or is left out
   * @throws DatabaseException if a column cannot have its name
   */
  private Table(String name, String key, boolean replace, List<Schema.Field> fields) {
    this.name = name;
    this.key = key;
    this.replace = replace;
    this.columns = fields.stream().map(Schema.Field::getName).toList();
    this.types = fields.stream().map(field -> type(field.getType())).toList();
    for (String column : columns) {
      if (column.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES) {
        throw new DatabaseException(
            String.format(
                "table %s: expected names of columns of at most %d bytes, found %s; leave it out"
                    + " with --keepColumns",
                name, MOST_NAME_BYTES, column));
      }
    }
  }

  /** Returns the table of scored rows, of which the last one with an id stays. */
  static Table scored(Schema schema) {
    return new Table("scored", "id", true, schema.getFields());
  }

  /** Returns the table of errors, which has a column more for {@link TableRow#key}. */
  static Table errors(Schema schema) {
    List<Schema.Field> fields = new ArrayList<>();
    fields.add(Schema.Field.of("key", FieldType.STRING));
    fields.addAll(schema.getFields());
    return new Table("errors", "key", false, fields);
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

  /** Returns the statement that puts a row into the table; its values are those of the columns. */
  String upsert() {
    String values =
        types.stream()
            .map(type -> type.equals("JSONB") ? "CAST(? AS JSONB)" : "?")
            .collect(Collectors.joining(", "));
    String changes =
        columns.stream()
            .filter(column -> !column.equals(key))
            .map(column -> quoted(column) + " = EXCLUDED." + quoted(column))
            .collect(Collectors.joining(", "));
    return String.format(
        "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO %s",
        quoted(name),
        columns.stream().map(Table::quoted).collect(Collectors.joining(", ")),
        values,
        quoted(key),
        replace ? "UPDATE SET " + changes : "NOTHING");
  }

  /**
   * Makes the table where it is not there.
   *
   * @throws DatabaseException if it is there with other columns
   */
  void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(create());
      List<String> missing = new ArrayList<>(columns);
      try (ResultSet nothing =
          statement.executeQuery("SELECT * FROM " + quoted(name) + " LIMIT 0")) {
        ResultSetMetaData found = nothing.getMetaData();
        for (int i = 1; i <= found.getColumnCount(); i++) {
          missing.remove(found.getColumnName(i));
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
      default -> "JSONB";
    };
  }
}
