package org.anomalydetection.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.TreeMap;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/**
 * Writes rows to a table, which {@link #makeTables} makes before. Rows that come again, as those of
 * a bundle that a runner repeats or of another run, leave the table as it is.
 */
public final class WriteTable extends PTransform<PCollection<Row>, PDone> {
  private static final long serialVersionUID = 1L;

  private enum Kind {
    SCORED {
      @Override
      Table table(Schema schema) {
        return Table.scored(schema);
      }
    },
    VERSIONS {
      @Override
      Table table(Schema schema) {
        return Table.versions(schema);
      }
    },
    ERRORS {
      @Override
      Table table(Schema schema) {
        return Table.errors(schema);
      }
    };

    abstract Table table(Schema schema);
  }

  private final Database database;
  private final Kind kind;

  private WriteTable(Database database, Kind kind) {
    this.database = database;
    this.kind = kind;
  }

  /** Writes scored rows to the table {@code scored}, where one replaces another with its id. */
  public static WriteTable scored(Database database) {
    return new WriteTable(database, Kind.SCORED);
  }

  /**
   * Writes versions of scored rows, whose timestamps say when each came to be, to the table {@code
   * scored}: the latest of an id stays, in whatever order they come.
   */
  public static WriteTable versions(Database database) {
    return new WriteTable(database, Kind.VERSIONS);
  }

  /** Writes rows in error to the table {@code errors}, where each stands once. */
  public static WriteTable errors(Database database) {
    return new WriteTable(database, Kind.ERRORS);
  }

  /**
   * Makes the tables that a pipeline writes to, where they are not there: after all its steps were
   * added and before it runs, since one that is only looked at is to change no database.
   *
   * @throws DatabaseException if a database cannot be reached, or has another table of that name
   */
  public static void makeTables(Pipeline pipeline) {
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public CompositeBehavior enterCompositeTransform(TransformHierarchy.Node node) {
            if (node.getTransform() instanceof WriteTable write) {
              node.getInputs().values().forEach(rows -> write.makeTable(rows.getSchema()));
            }
            return CompositeBehavior.ENTER_TRANSFORM;
          }
        });
  }

  private void makeTable(Schema schema) {
    Table table = kind.table(schema);
    Attempts.brief(
        database,
        table.toString(),
        connection -> {
          table.make(connection);
          return table;
        });
  }

  /**
   * {@inheritDoc}
   *
   * @throws DatabaseException if a column cannot have its name in a table
   */
  @Override
  public PDone expand(PCollection<Row> rows) {
    Schema schema = rows.getSchema();
    rows.apply("Write", ParDo.of(new WriteFn(database, kind.table(schema), schema, kind)));
    return PDone.in(rows.getPipeline());
  }

  private static final class WriteFn extends DoFn<Row, Void> {
    private static final long serialVersionUID = 1L;
    private static final int ROWS_AT_ONCE = 1000;

    private final Database database;
    private final Table table;
    private final Schema schema;
    private final Kind kind;
    private transient @Nullable TableRow rows;
    private transient @Nullable Attempts attempts;

    /** The table with the columns that it turned out to have beside. */
    private transient @Nullable Table found;

    /** Rows by their keys: one statement changes a row once, and all writers lock in one order. */
    private transient TreeMap<String, TimestampedValue<@Nullable Object[]>> batch;

    WriteFn(Database database, Table table, Schema schema, Kind kind) {
      this.database = database;
      this.table = table;
      this.schema = schema;
      this.kind = kind;
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
    public void process(@Element Row row, @Timestamp Instant time) {
      @Nullable Object[] values =
          switch (kind) {
            case SCORED -> rows.values(row);
            case VERSIONS -> rows.timed(row, time);
            case ERRORS -> rows.keyed(row);
          };
      batch.merge(
          (String) values[table.keyIndex()], TimestampedValue.of(values, time), WriteFn::later);
      if (batch.size() == ROWS_AT_ONCE) {
        flush();
      }
    }

    /** Returns the one that stays of two rows of a key, of equally late ones the second. */
    private static TimestampedValue<@Nullable Object[]> later(
        TimestampedValue<@Nullable Object[]> one, TimestampedValue<@Nullable Object[]> other) {
      return other.getTimestamp().isBefore(one.getTimestamp()) ? one : other;
    }

    @FinishBundle
    public void finishBundle() {
      if (!batch.isEmpty()) {
        flush();
      }
    }

    private void flush() {
      if (found == null) {
        found = attempts.run(table::found);
      }
      attempts.run(this::write);
      batch.clear();
    }

    private boolean write(Connection connection) throws SQLException {
      try (PreparedStatement statement = connection.prepareStatement(found.upsert())) {
        for (TimestampedValue<@Nullable Object[]> timed : batch.values()) {
          @Nullable Object[] values = timed.getValue();
          for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
          }
          statement.addBatch();
        }
        statement.executeBatch();
      }
      connection.commit();
      return true;
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
