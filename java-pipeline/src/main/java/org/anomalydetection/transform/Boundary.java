package org.anomalydetection.transform;

import java.util.Locale;

/** How rows cross the language boundary. Both ways give the same results. */
public enum Boundary {
  /** As blocks of packed columns, which cost a fraction of the time; see contract/columns.md. */
  COLUMNS,
  /** One by one, as any client of the contract can send them. */
  ROWS;

  /** Returns the word for it in options. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
