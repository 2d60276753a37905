package org.anomalydetection.salesforce.api;

import java.io.Serializable;
import java.net.URI;
import java.time.Duration;

/**
 * Where a Salesforce is and how to log in to it. Immutable. It holds no secret, only where they
 * are: whoever opens a client reads them there.
 */
public final class Connection implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String API_VERSION = "66.0";
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final int PAGE_SIZE = 2000;

  /** In bytes. It is in memory a few times over until its records are rows. */
  static final int ANSWER_LIMIT = 32 << 20;

  private final URI url;
  private final Credentials credentials;
  private final String apiVersion;
  private final Retries retries;
  private final Duration timeout;
  private final int pageSize;
  private final int answerLimit;

  private Connection(
      URI url,
      Credentials credentials,
      String apiVersion,
      Retries retries,
      Duration timeout,
      int pageSize,
      int answerLimit) {
    this.url = url;
    this.credentials = credentials;
    this.apiVersion = apiVersion;
    this.retries = retries;
    this.timeout = timeout;
    this.pageSize = pageSize;
    this.answerLimit = answerLimit;
  }

  /**
   * Connects to an org.
   *
   * @param url its address, such as {@code https://example.my.salesforce.com}
   * @throws IllegalArgumentException unless it is https, or http at this machine, and has neither a
   *     user nor a path nor a query
   */
  public static Connection to(URI url, Credentials credentials) {
    URI server = Addresses.server("Salesforce's url", url);
    return new Connection(
        server, credentials, API_VERSION, Retries.DEFAULT, TIMEOUT, PAGE_SIZE, ANSWER_LIMIT);
  }

  /** Connects to an org at an address that is not parsed yet; throws as for one that is. */
  public static Connection to(String url, Credentials credentials) {
    return to(Addresses.server("Salesforce's url", url), credentials);
  }

  /** Uses another version of Salesforce's interface than 66.0. */
  public Connection withApiVersion(String version) {
    if (!version.matches("[1-9][0-9]\\.0")) {
      throw new IllegalArgumentException(
          "Salesforce's version: expected one such as 66.0, found " + version);
    }
    return new Connection(url, credentials, version, retries, timeout, pageSize, answerLimit);
  }

  /** Tries again in another way than {@link Retries#DEFAULT}. */
  public Connection withRetries(Retries other) {
    return new Connection(url, credentials, apiVersion, other, timeout, pageSize, answerLimit);
  }

  /** Waits for an answer, until it has come whole, for another time than 2 minutes. */
  public Connection withTimeout(Duration limit) {
    return new Connection(url, credentials, apiVersion, retries, limit, pageSize, answerLimit);
  }

  /** Asks for other pages of REST queries than of 2,000 records; Salesforce takes 200 to 2,000. */
  public Connection withPageSize(int records) {
    if (records < 200 || records > 2000) {
      throw new IllegalArgumentException("expected pages of 200 to 2000 records, found " + records);
    }
    return new Connection(url, credentials, apiVersion, retries, timeout, records, answerLimit);
  }

  /**
   * Takes answers of so many bytes at most, packed and unpacked, instead of 32 MiB. Where a page of
   * records has more, less is asked for at a time.
   */
  public Connection withAnswerLimit(int bytes) {
    return new Connection(url, credentials, apiVersion, retries, timeout, pageSize, bytes);
  }

  /** Tries again for seconds only, for a caller who comes back later. */
  public Connection withBriefRetries() {
    return withRetries(retries.brief());
  }

  /** Returns how many bytes an answer has at most. */
  public int answerLimit() {
    return answerLimit;
  }

  /** Returns how many records a page of a REST query has at most. */
  public int pageSize() {
    return pageSize;
  }

  /** Returns the address of the org. */
  public URI url() {
    return url;
  }

  Credentials credentials() {
    return credentials;
  }

  String apiVersion() {
    return apiVersion;
  }

  /** Salesforce has one host for logins of all orgs, and one for those of all sandboxes. */
  URI audience() {
    String host = url.getHost();
    if (!host.endsWith(".salesforce.com")) {
      return url;
    }
    boolean sandbox = host.contains(".sandbox.") || host.startsWith("test.");
    return URI.create("https://" + (sandbox ? "test" : "login") + ".salesforce.com");
  }

  public Retries retries() {
    return retries;
  }

  Duration timeout() {
    return timeout;
  }

  @Override
  public String toString() {
    return url + " by " + credentials;
  }
}
