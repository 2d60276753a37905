package org.anomalydetection.pipeline;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Prints texts for people, whatever stands in the data that they tell of: characters that would
 * steer a terminal, all control characters but line feeds and tabs, show as U+FFFD, and so do those
 * that turn the direction of a text.
 */
final class TerminalStream extends PrintStream {
  private static final Pattern STEERING =
      Pattern.compile("[\\p{Cc}&&[^\\n\\t]]|[\\u202a-\\u202e\\u2066-\\u2069]");

  /** Has the charset of the terminal. */
  private final PrintStream to;

  TerminalStream(PrintStream to) {
    super(to, false, StandardCharsets.UTF_8);
    this.to = to;
  }

  private static String plain(@Nullable Object text) {
    return STEERING.matcher(String.valueOf(text)).replaceAll("\ufffd");
  }

  @Override
  public void print(@Nullable String text) {
    to.print(plain(text));
  }

  @Override
  public void print(@Nullable Object text) {
    to.print(plain(text));
  }

  @Override
  public void println(@Nullable String text) {
    to.println(plain(text));
  }

  @Override
  public void println(@Nullable Object text) {
    to.println(plain(text));
  }

  @Override
  @SuppressWarnings("AnnotateFormatMethod") // as that which it overrides
  public PrintStream format(String format, Object... args) {
    print(String.format(format, args));
    return this;
  }

  @Override
  @SuppressWarnings("AnnotateFormatMethod") // as that which it overrides
  public PrintStream format(Locale locale, String format, Object... args) {
    print(String.format(locale, format, args));
    return this;
  }
}
