package org.anomalydetection.salesforce;

/**
 * Reads Salesforce. {@link ReadRows} says what can be read, and how.
 *
 * <pre>{@code
 * Connection connection =
 *     Connection.to(URI.create("https://example.my.salesforce.com"), Credentials.fromEnvironment());
 * ReadResult read =
 *     pipeline.apply(
 *         SalesforceIO.readRows()
 *             .withConnection(connection)
 *             .from("Opportunity")
 *             .withFields("Id", "Amount", "Account.Industry"));
 * }</pre>
 */
public final class SalesforceIO {
  private SalesforceIO() {}

  /** Reads records as rows. */
  public static ReadRows readRows() {
    return ReadRows.DEFAULT;
  }
}
