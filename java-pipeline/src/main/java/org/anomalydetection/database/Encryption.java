package org.anomalydetection.database;

import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.postgresql.PGProperty;

/**
 * Sees to it that rows and passwords go to another machine encrypted, and to that machine only:
 * PostgreSQL's driver would do without if the server, or who stands between, says so.
 */
final class Encryption {
  static final String FULL = "verify-full";

  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[?::1]?");

  /** It looks at certificates as Java does, by the authorities that Java trusts. */
  private static final String OF_JAVA = "org.postgresql.ssl.DefaultJavaSSLFactory";

  private Encryption() {}

  /**
   * Tells whether a connection may leave this machine.
   *
   * @param properties those of a URL, as the driver reads it
   */
  static boolean isNeeded(Properties properties) {
    String hosts = PGProperty.PG_HOST.getOrDefault(properties);
    return hosts != null
        && Stream.of(hosts.split(","))
            .anyMatch(host -> !LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches());
  }

  /**
   * Checks that a URL weakens nothing, if encryption is needed.
   *
   * @throws IllegalArgumentException that says what does
   */
  static void check(Properties properties) {
    if (!isNeeded(properties)) {
      return;
    }
    require(properties, PGProperty.SSL_MODE, FULL);
    require(properties, PGProperty.SSL_FACTORY, OF_JAVA);
    for (PGProperty other : List.of(PGProperty.SSL_HOSTNAME_VERIFIER, PGProperty.SOCKET_FACTORY)) {
      require(properties, other, null);
    }
  }

  private static void require(Properties properties, PGProperty property, @Nullable String only) {
    String found = properties.getProperty(property.getName());
    if (found != null && !found.equals(only)) {
      throw new IllegalArgumentException(
          String.format(
              "expected %s for %s, which is not this machine, so that nobody else gets the rows and"
                  + " the password, found %s=%s",
              only == null
                  ? "no " + property.getName()
                  : property.getName() + "=" + only + ", or none,",
              PGProperty.PG_HOST.getOrDefault(properties),
              property.getName(),
              found));
    }
  }

  /** Returns what to do about a connection that was not made, where it has to be encrypted. */
  static String advice() {
    return "; the host is not this machine, so that sslmode="
        + FULL
        + " holds: its server needs a certificate for that name, of an authority in"
        + " ~/.postgresql/root.crt, in the file that &sslrootcert=FILE of the URL names, or, with"
        + " &sslfactory="
        + OF_JAVA
        + ", among those that Java trusts";
  }
}
