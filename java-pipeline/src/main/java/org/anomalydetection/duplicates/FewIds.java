package org.anomalydetection.duplicates;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/** How many rows there are, and the ids that come first of them, whatever order they come in. */
final class FewIds implements Serializable {
  private static final long serialVersionUID = 1L;

  /** One more than a row names of others, since it does not name itself. */
  static final int MOST = FindDuplicates.MOST_IDS + 1;

  private final ArrayList<String> first = new ArrayList<>(MOST + 1);
  private long rows;

  void add(String id) {
    rows++;
    keep(id);
  }

  void addAll(FewIds other) {
    rows += other.rows;
    other.first.forEach(this::keep);
  }

  private void keep(String id) {
    if (first.size() == MOST && id.compareTo(first.get(MOST - 1)) >= 0) {
      return;
    }
    int place = Collections.binarySearch(first, id);
    first.add(place < 0 ? -place - 1 : place, id);
    if (first.size() > MOST) {
      first.remove(MOST);
    }
  }

  long rows() {
    return rows;
  }

  /** Returns ids of other rows, at most so many; an id that stands in two rows is that of one. */
  List<String> without(Collection<String> ids, int most) {
    List<String> others = new ArrayList<>(first);
    ids.forEach(others::remove);
    return others.subList(0, Math.min(most, others.size()));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FewIds few && few.rows == rows && few.first.equals(first);
  }

  @Override
  public int hashCode() {
    return first.hashCode() + Long.hashCode(rows);
  }
}
