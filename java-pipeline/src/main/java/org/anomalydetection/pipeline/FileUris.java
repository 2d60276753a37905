package org.anomalydetection.pipeline;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Paths on this machine that are given as {@code file:} URIs. Beam understands these where it looks
 * for files; where it makes them, they are relative paths to it.
 */
final class FileUris {
  /** The options whose paths are opened by this program. */
  private static final Set<String> OPTIONS =
      Set.of(
          "input",
          "output",
          "position",
          "replay",
          "ignore",
          "salesforceFields",
          "salesforceCredentials");

  private static final Pattern ARGUMENT =
      Pattern.compile("(--(\\w+)=)file:(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  private static final Pattern ABSOLUTE = Pattern.compile("(?://)?(/(?!/).*)", Pattern.DOTALL);

  private FileUris() {}

  /** Returns an argument with a plain path in place of a URI, or as it is. */
  static String plain(String arg) {
    return afterScheme(arg)
        .map(ABSOLUTE::matcher)
        .filter(Matcher::matches)
        .map(path -> arg.substring(0, arg.indexOf('=') + 1) + path.group(1))
        .orElse(arg);
  }

  /** Returns what is wrong with an argument that is a URI of no absolute path. */
  static Optional<String> problem(String arg) {
    return afterScheme(arg)
        .filter(path -> !ABSOLUTE.matcher(path).matches())
        .map(
            path -> {
              int value = arg.indexOf('=');
              return String.format(
                  "%s: expected file:///PATH or a path, found %s",
                  arg.substring(0, value), arg.substring(value + 1));
            });
  }

  private static Optional<String> afterScheme(String arg) {
    Matcher argument = ARGUMENT.matcher(arg);
    return argument.matches() && OPTIONS.contains(argument.group(2))
        ? Optional.of(argument.group(3))
        : Optional.empty();
  }
}
