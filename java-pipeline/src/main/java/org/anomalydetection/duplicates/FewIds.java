package org.anomalydetection.duplicates;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/** How many rows there are, and the ids that come first of them, whatever order they come in. */
final class FewIds {
  private final int most;
  private final List<String> first = new ArrayList<>();
  private long rows;

  FewIds(int most) {
    this.most = most;
  }

  void add(String id) {
    rows++;
    if (first.size() == most && id.compareTo(first.get(most - 1)) >= 0) {
      return;
    }
    int place = Collections.binarySearch(first, id);
    first.add(place < 0 ? -place - 1 : place, id);
    if (first.size() > most) {
      first.remove(most);
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
}
