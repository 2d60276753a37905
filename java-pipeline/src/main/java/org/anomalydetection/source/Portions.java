package org.anomalydetection.source;

import java.io.Serializable;

/**
 * Says how many records to read before the reading goes on in another bundle, so that what follows
 * can begin with the first while others are still to be read, and nobody holds all of them at once.
 * Each bundle of rows comes to be a file of the output, and a local runner holds some bundles in
 * memory.
 */
public final class Portions implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final long MOST = 1 << 15;
  private static final long FIRST = 4096;

  private final long most;
  private transient long taken;

  private Portions(long most) {
    this.most = most;
  }

  /** Returns the portions of ordinary reading. */
  public static Portions usual() {
    return new Portions(MOST);
  }

  /** Returns portions of so many records at most. */
  public static Portions ofAtMost(long records) {
    return new Portions(records);
  }

  /** Begins a bundle. */
  public void begin() {
    taken = 0;
  }

  /**
   * Returns how many records to read next, 0 when enough were read in this bundle.
   *
   * @param before how many of the same file were read already: as many again are read, since what
   *     follows is to begin early, and its bundles are to be few
   */
  public long next(long before) {
    return Math.max(0, Math.min(Math.max(before, FIRST), most - taken));
  }

  /** Takes note of records that were read in this bundle. */
  public void take(long records) {
    taken += records;
  }
}
