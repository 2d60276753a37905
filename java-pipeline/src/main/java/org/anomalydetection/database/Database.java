package org.anomalydetection.database;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * A PostgreSQL database. The password is no part of it, so that it can be sent to workers and
 * shown: whoever connects takes it from his own environment, or the driver from the file of
 * passwords that PostgreSQL's own clients read.
 */
public final class Database implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The variables that hold the password, the first that is there. */
  private static final List<String> PASSWORDS = List.of("OUTPUT_JDBC_PASSWORD", "PGPASSWORD");

  private static final String FORM = "jdbc:postgresql://host:port/database?user=name";
  private static final int CONNECT_SECONDS = 10;

  private final String url;
  private final boolean encrypted;

  private Database(String url, boolean encrypted) {
    this.url = url;
    this.encrypted = encrypted;
  }

  /**
   * Returns the database at a URL of JDBC.
   *
   * @throws IllegalArgumentException if the URL is of another kind, or is of another machine and
   *     would do without encryption, or has a password in it; of that the message shows nothing
   */
  public static Database at(String url) {
    if (url.toLowerCase(Locale.ROOT).contains("password=")
        || url.split("\\?", 2)[0].contains("@")) {
      throw new IllegalArgumentException(
          "expected a URL without a password, as "
              + FORM
              + ", since URLs come to be logged; put the password into the environment variable "
              + String.join(" or ", PASSWORDS)
              + ", or into the file that PGPASSFILE names");
    }
    Properties parsed =
        url.startsWith("jdbc:postgresql:") ? Driver.parseURL(url, new Properties()) : null;
    if (parsed == null) {
      throw new IllegalArgumentException("expected " + FORM + ", found " + url);
    }
    Encryption.check(parsed);
    return new Database(url, Encryption.isNeeded(parsed));
  }

  /** Connects; transactions end when they are committed. */
  Connection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", "anomaly-detection");
    properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("reWriteBatchedInserts", "true");
    // What the server says of an error may show the values of a row.
    properties.setProperty("logServerErrorDetail", "false");
    PASSWORDS.stream()
        .map(System::getenv)
        .filter(password -> password != null && !password.isEmpty())
        .findFirst()
        .ifPresent(password -> properties.setProperty("password", password));
    if (encrypted) {
      properties.setProperty("sslmode", Encryption.FULL);
    }
    Connection connection = connected(properties);
    connection.setAutoCommit(false);
    return connection;
  }

  private Connection connected(Properties properties) throws SQLException {
    try {
      return DriverManager.getConnection(url, properties);
    } catch (SQLException e) {
      if (encrypted && String.valueOf(e.getMessage()).contains("SSL")) {
        throw new SQLException(e.getMessage() + Encryption.advice(), e.getSQLState(), e);
      }
      throw e;
    }
  }

  @Override
  public String toString() {
    return url;
  }
}
