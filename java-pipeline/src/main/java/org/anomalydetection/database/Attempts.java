package org.anomalydetection.database;

import java.io.IOException;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import org.apache.beam.sdk.util.BackOff;
import org.apache.beam.sdk.util.BackOffUtils;
import org.apache.beam.sdk.util.FluentBackoff;
import org.apache.beam.sdk.util.Sleeper;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work on a database that is done again, on a connection of its own, where that may help: after a
 * deadlock, a lost connection, a restart. The connection stays for the next work.
 */
final class Attempts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /** Half a second to half a minute between attempts, two minutes in all. */
  private static final FluentBackoff BACKOFF =
      FluentBackoff.DEFAULT
          .withInitialBackoff(Duration.millis(500))
          .withMaxBackoff(Duration.standardSeconds(30))
          .withMaxCumulativeBackoff(Duration.standardMinutes(2));

  /** For somebody who waits for a run to begin. */
  private static final FluentBackoff BRIEF = BACKOFF.withMaxRetries(2);

  private final Database database;
  private final String table;
  private final FluentBackoff backoff;
  private @Nullable Connection connection;

  /** Work that changes nothing, or is the same when it is done twice. */
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /**
   * @param table what messages speak of
   */
  Attempts(Database database, String table) {
    this(database, table, BACKOFF);
  }

  private Attempts(Database database, String table, FluentBackoff backoff) {
    this.database = database;
    this.table = table;
    this.backoff = backoff;
  }

  /** Does work, with few attempts, and leaves no connection. */
  static <T> T brief(Database database, String table, Work<T> work) {
    try (Attempts attempts = new Attempts(database, table, BRIEF)) {
      return attempts.run(work);
    }
  }

  /**
   * Does work.
   *
   * @throws DatabaseException if it fails for good
   */
  <T> T run(Work<T> work) {
    BackOff pauses = backoff.backoff();
    while (true) {
      try {
        if (connection == null) {
          connection = database.connect();
        }
        return work.on(connection);
      } catch (SQLException e) {
        close();
        SQLException reason = reason(e);
        String message = String.format("table %s at %s: %s", table, database, reason.getMessage());
        if (!mayPass(reason) || !waited(pauses)) {
          throw new DatabaseException(message, reason);
        }
        LOG.warn("{}; trying again", message);
      }
    }
  }

  /** Returns what the server said: the exception of a batch tells all its values before that. */
  private static SQLException reason(SQLException e) {
    return e instanceof BatchUpdateException && e.getNextException() != null
        ? e.getNextException()
        : e;
  }

  /** Tells whether it may go well another time, by the class of the SQLSTATE. */
  static boolean mayPass(SQLException e) {
    String state = e.getSQLState();
    return state != null
        && !state.equals("08004") // refused, as without a password
        && (state.startsWith("08") // connection
            || state.startsWith("40") // serialization, deadlock
            || state.startsWith("53") // resources
            || state.startsWith("57P")); // restart
  }

  private static boolean waited(BackOff pauses) {
    try {
      return BackOffUtils.next(Sleeper.DEFAULT, pauses);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        LOG.debug("a connection was lost before it was closed", e);
      }
      connection = null;
    }
  }
}
