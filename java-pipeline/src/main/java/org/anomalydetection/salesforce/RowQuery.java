package org.anomalydetection.salesforce;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What Salesforce is asked for, in one window or another.
 *
 * @param fixed somebody's own query, which has no windows; null where it is made of the rest
 * @param object the object
 * @param cursor the field whose windows are asked for
 * @param paths the fields that come with every record, each once
 * @param includeDeleted whether to ask for deleted records too
 */
record RowQuery(
    @Nullable String fixed,
    String object,
    String cursor,
    List<String> paths,
    boolean includeDeleted)
    implements Serializable {

  /** Asks for the fields of an object. */
  static RowQuery of(String object, Fields fields, String cursor, boolean includeDeleted) {
    List<String> paths = new ArrayList<>();
    fields.paths().stream()
        .flatMap(Optional::stream)
        .filter(p -> !has(paths, p))
        .forEach(paths::add);
    if (!has(paths, cursor)) {
      paths.add(cursor);
    }
    return new RowQuery(null, object, cursor, List.copyOf(paths), includeDeleted);
  }

  /** Asks what somebody asks. */
  static RowQuery of(String soql, Fields fields, boolean includeDeleted) {
    Soql.Parts parts = Soql.parse(soql);
    List<String> paths = fields.paths().stream().flatMap(Optional::stream).toList();
    return new RowQuery(soql, parts.object(), "", paths, includeDeleted);
  }

  private static boolean has(List<String> paths, String path) {
    return paths.stream().anyMatch(path::equalsIgnoreCase);
  }

  /** Returns the query for a window. */
  String soql(QueryWindow window) {
    return fixed != null ? fixed : Soql.select(paths, object, cursor, window);
  }

  /**
   * Returns the query for the first records of a window behind an id, in the order of ids.
   *
   * @param after the id, empty for those from the beginning
   */
  String soqlById(QueryWindow window, String after, int limit) {
    List<String> asked = new ArrayList<>(paths);
    if (!has(asked, Soql.ID)) {
      asked.add(Soql.ID);
    }
    return Soql.selectById(asked, object, cursor, window, after, limit);
  }

  /** Tells whether the records of a window may be read one after the other, by their ids. */
  boolean mayGoById(QueryWindow window) {
    return fixed == null && window.end() == null;
  }

  /** Returns windows that cover one for which Salesforce took too long, which may be that alone. */
  List<QueryWindow> smaller(QueryWindow window) {
    return fixed != null ? List.of(window) : window.halves();
  }

  /** Returns which of the fields is the cursor, -1 for none. */
  int cursorIndex() {
    for (int i = 0; i < paths.size(); i++) {
      if (paths.get(i).equalsIgnoreCase(cursor)) {
        return i;
      }
    }
    return -1;
  }
}
