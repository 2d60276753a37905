package org.anomalydetection.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.TreeMap;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Writes rows to a table, which is made while the pipeline is built. Rows that come again, as those
 * of a bundle that a runner repeats or of another run, leave the table as it is.
 */
public final class WriteTable extends PTransform<PCollection<Row>, PDone> {
  private static final long serialVersionUID = 1L;

  private final Database database;
  private final boolean errors;

  private WriteTable(Database database, boolean errors) {
    this.database = database;
    this.errors = errors;
  }

  /** Writes scored rows to the table {@code scored}, where one replaces another with its id. */
  public static WriteTable scored(Database database) {
    return new WriteTable(database, false);
  }

  /** Writes rows in error to the table {@code errors}, where each stands once. */
  public static WriteTable errors(Database database) {
    return new WriteTable(database, true);
  }

  /**
   * {@inheritDoc}
   *
   * @throws DatabaseException if the database cannot be reached, or has another table of that name
   */
  @Override
  public PDone expand(PCollection<Row> rows) {
    Schema schema = rows.getSchema();
    Table table = errors ? Table.errors(schema) : Table.scored(schema);
    Attempts.brief(database, table.toString(), table::prepare);
    rows.apply("Write", ParDo.of(new WriteFn(database, table, schema, errors)));
    return PDone.in(rows.getPipeline());
  }

  private static final class WriteFn extends DoFn<Row, Void> {
    private static final long serialVersionUID = 1L;
    private static final int ROWS_AT_ONCE = 1000;

    private final Database database;
    private final Table table;
    private final Schema schema;
    private final boolean errors;
    private transient @Nullable TableRow rows;
    private transient @Nullable Attempts attempts;

    /** Rows by their keys: one statement changes a row once, and all writers lock in one order. */
    private transient TreeMap<String, @Nullable Object[]> batch;

    WriteFn(Database database, Table table, Schema schema, boolean errors) {
      this.database = database;
      this.table = table;
      this.schema = schema;
      this.errors = errors;
    }

    @StartBundle
    public void startBundle() {
      if (rows == null) {
        rows = new TableRow(schema);
        attempts = new Attempts(database, table.toString());
      }
      batch = new TreeMap<>();
    }

    @ProcessElement
    public void process(@Element Row row) {
      @Nullable Object[] values = errors ? rows.keyed(row) : rows.values(row);
      batch.put((String) values[table.keyIndex()], values);
      if (batch.size() == ROWS_AT_ONCE) {
        flush();
      }
    }

    @FinishBundle
    public void finishBundle() {
      if (!batch.isEmpty()) {
        flush();
      }
    }

    private void flush() {
      attempts.run(this::write);
      batch.clear();
    }

    private void write(Connection connection) throws SQLException {
      try (PreparedStatement statement = connection.prepareStatement(table.upsert())) {
        for (@Nullable Object[] values : batch.values()) {
          for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
          }
          statement.addBatch();
        }
        statement.executeBatch();
      }
      connection.commit();
    }

    @Teardown
    @SuppressWarnings("UnusedMethod") // Beam calls it.
    public void close() {
      if (attempts != null) {
        attempts.close();
      }
    }
  }
}
