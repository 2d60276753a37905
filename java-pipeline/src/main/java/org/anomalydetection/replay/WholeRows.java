package org.anomalydetection.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.List;
import java.util.Set;
import org.anomalydetection.tables.Tables;
import org.anomalydetection.writeback.WriteBack;

/**
 * Tells which elements are whole. Those of rows that were scored and could not be written elsewhere
 * hold the columns that scored rows carry: with {@code --keepColumns} less than a model looks at,
 * and another score would take the place of the right one.
 */
final class WholeRows implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Set<String> SCORED = Set.of(WriteBack.STAGE, Tables.STAGE);

  @SuppressWarnings("serial") // a list of strings
  private final List<String> columns;

  /**
   * @param columns the columns that the model looks at, of those that any element has; all of these
   *     where that is not known
   */
  WholeRows(List<String> columns) {
    this.columns = List.copyOf(columns);
  }

  /**
   * Returns the columns that an element of a stage lacks, none where it is to be scored as it is.
   */
  List<String> lacking(String stage, JsonNode element) {
    return SCORED.contains(stage) && element.isObject()
        ? columns.stream().filter(name -> !element.has(name)).toList()
        : List.of();
  }
}
