package org.anomalydetection.salesforce.api;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/** Which addresses may be told a secret. */
final class Addresses {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private Addresses() {}

  /**
   * Returns the address of a server, without a slash at its end.
   *
   * @param what what it is called in messages
   * @throws IllegalArgumentException unless it is https, or http at this machine, and has neither a
   *     user nor a path nor a query
   */
  static URI server(String what, URI url) {
    if (url.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          what + ": expected an address without a user or a password in it");
    }
    String path = url.getRawPath();
    boolean bare =
        (path == null || path.isEmpty() || path.equals("/"))
            && url.getRawQuery() == null
            && url.getRawFragment() == null;
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    if (url.getHost() == null
        || !bare
        || !(scheme.equals("https") || (scheme.equals("http") && isLoopback(url)))) {
      throw new IllegalArgumentException(
          what
              + ": expected https://host, or http://localhost:port of this machine, found "
              + (bare ? url : scheme + "://" + url.getRawAuthority() + " with more behind it"));
    }
    return URI.create(scheme + "://" + url.getRawAuthority());
  }

  /** Returns the address of a server that a text has; throws as for one that is parsed. */
  static URI server(String what, String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      // Its message would quote the text, with a password perhaps.
      throw new IllegalArgumentException(what + ": expected an address, found a mistake in it");
    }
    return server(what, url);
  }

  /** Tells whether an address is of this machine. */
  static boolean isLoopback(URI url) {
    return LOOPBACK.contains(url.getHost().toLowerCase(Locale.ROOT));
  }
}
