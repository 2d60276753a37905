package org.anomalydetection.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The columns that elements name, and which is which of a list of cells. */
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

  /** Adds those of other elements. */
  void addAll(ElementNames others) {
    all.addAll(others.all);
    orders.addAll(others.orders);
  }

  /** Returns all of them; in the order of a record that has all, if there is one. */
  List<String> all() {
    return orders.stream()
        .filter(names -> names.size() == all.size())
        .findFirst()
        .orElseGet(() -> List.copyOf(all));
  }

  /**
   * Returns the order of the cells of a list: a record has so many names, and no other has them in
   * another order.
   */
  Optional<List<String>> order(int columns) {
    List<String> longest = all();
    return longest.size() == columns
            && orders.contains(longest)
            && orders.stream().allMatch(names -> isPart(names, longest.iterator()))
        ? Optional.of(longest)
        : Optional.empty();
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
