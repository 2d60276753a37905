package org.anomalydetection.summary;

/** Texts of the data, for a line of what people read. */
final class OneLine {
  private OneLine() {}

  /** Returns a text without line breaks. */
  static String of(String text) {
    return text.replaceAll("\\R", " ");
  }

  /** Returns a text without line breaks, and no more of it than so many characters. */
  static String of(String text, int most) {
    if (text.length() <= most) {
      return of(text);
    }
    // Half a character is none.
    int end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
    return of(text.substring(0, end)) + "…";
  }
}
