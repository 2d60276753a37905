package org.anomalydetection.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The columns that elements name, and whether they tell which is which of a list of cells. */
final class ElementNames {
  private final Set<String> all = new LinkedHashSet<>();
  private final Set<List<String>> orders = new LinkedHashSet<>();

  /** Adds those of an object. */
  void add(JsonNode element) {
    List<String> names = new ArrayList<>();
    element.fieldNames().forEachRemaining(names::add);
    all.addAll(names);
    orders.add(names);
  }

  /** Returns all of them; in the order of a record that has all, if there is one. */
  List<String> all() {
    return orders.stream()
        .filter(names -> names.size() == all.size())
        .findFirst()
        .orElseGet(() -> List.copyOf(all));
  }

  /**
   * Tells whether a list of cells is in the order of {@link #all}: a record has all names, and no
   * other has them in another order.
   */
  boolean areInOneOrder() {
    List<String> longest = all();
    return orders.contains(longest)
        && orders.stream().allMatch(names -> isPart(names, longest.iterator()));
  }

  private static boolean isPart(List<String> names, Iterator<String> longest) {
    for (String name : names) {
      boolean found = false;
      while (!found && longest.hasNext()) {
        found = longest.next().equals(name);
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }
}
