package org.anomalydetection.contract;

import java.time.Month;
import java.time.Year;

/**
 * The forms that nearly all cells have, read without the patterns of {@code formats.json}: what is
 * read here is read by those too, and equally; what is not may still be.
 */
final class PlainText {
  /** Whole numbers of so many digits, and these powers, are doubles without rounding. */
  private static final int MOST_DIGITS = 15;

  private static final double[] POWERS_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
  };

  private static final String DATE = "dddd-dd-dd";
  private static final String DATE_AND_TIME = "dddd-dd-ddTdd:dd:dd.dddZ";

  private PlainText() {}

  /** Returns the number of digits with at most one point between them, NaN for any other text. */
  static double number(String text) {
    int first = !text.isEmpty() && text.charAt(0) == '-' ? 1 : 0;
    long digits = 0;
    int count = 0;
    int decimals = -1;
    for (int i = first; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        digits = 10 * digits + (c - '0');
        decimals += decimals >= 0 ? 1 : 0;
        if (++count > MOST_DIGITS) {
          return Double.NaN;
        }
      } else if (c == '.' && decimals < 0 && count > 0) {
        decimals = 0;
      } else {
        return Double.NaN;
      }
    }
    if (count == 0 || decimals == 0) {
      return Double.NaN;
    }
    // One division of two exact numbers is rounded once, as a number that is read should be.
    double number = digits / POWERS_OF_TEN[Math.max(decimals, 0)];
    return first == 1 ? -number : number;
  }

  /** Tells whether a text is a date of the calendar such as 2024-01-31, alone or with its time. */
  static boolean isDate(String text) {
    if (!(hasForm(text, DATE)
        || (hasForm(text, DATE_AND_TIME)
            && two(text, 11) < 24
            && two(text, 14) < 60
            && two(text, 17) < 60))) {
      return false;
    }
    int year = 100 * two(text, 0) + two(text, 2);
    int month = two(text, 5);
    int day = two(text, 8);
    return year > 0
        && month >= 1
        && month <= 12
        && day >= 1
        && day <= Month.of(month).length(Year.isLeap(year));
  }

  private static boolean hasForm(String text, String form) {
    if (text.length() != form.length()) {
      return false;
    }
    for (int i = 0; i < form.length(); i++) {
      char c = text.charAt(i);
      if (form.charAt(i) == 'd' ? c < '0' || c > '9' : c != form.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int two(String text, int at) {
    return 10 * (text.charAt(at) - '0') + (text.charAt(at + 1) - '0');
  }
}
