package org.anomalydetection.summary;

/**
 * When something happened to the first and the last rows, by the clocks of whoever worked on them:
 * in milliseconds since 1970, 0 where it did not happen.
 *
 * @param firstRead when the reading began
 * @param firstScored when the first scored row was counted
 * @param lastScored when the last scored row was counted
 */
public record Times(long firstRead, long firstScored, long lastScored) {
  /** Nothing happened. */
  static final Times NONE = new Times(0, 0, 0);

  /** Returns the earliest firsts and the latest last of both. */
  Times and(Times other) {
    return new Times(
        earlier(firstRead, other.firstRead),
        earlier(firstScored, other.firstScored),
        Math.max(lastScored, other.lastScored));
  }

  private static long earlier(long one, long other) {
    return one == 0 ? other : other == 0 ? one : Math.min(one, other);
  }
}
