package org.anomalydetection.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.contract.ModelParams;
import org.anomalydetection.duplicates.CopyKey;
import org.anomalydetection.duplicates.FindDuplicates;
import org.anomalydetection.review.MarkIgnored;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Source;
import org.anomalydetection.transform.ModelUris;

/** Looks at the options that name columns of the input. */
final class ColumnsCheck {
  private final ScoringOptions options;
  private final Source source;
  private final Columns columns;
  private final List<String> problems;

  /**
   * @param problems where to add what is wrong
   */
  ColumnsCheck(ScoringOptions options, Source source, List<String> problems) {
    this.options = options;
    this.source = source;
    this.columns = source.columns();
    this.problems = problems;
  }

  /** Returns when rows are copies of each other, nothing if duplicates are not looked for. */
  Optional<CopyKey> copyKey(ModelUris model) {
    List<String> asked = options.getDuplicateKey();
    if (!Boolean.TRUE.equals(options.getFindDuplicates())) {
      if (asked != null) {
        problems.add("--duplicateKey: expected --findDuplicates beside it, found it alone");
      }
      return Optional.empty();
    }
    CopyKey key =
        asked == null
            ? CopyKey.byDefault(columns, ModelParams.cellKinds(model.params()).keySet())
            : CopyKey.of(askedKey(asked), columns);
    if (key.columns().isEmpty() && problems.isEmpty()) {
      problems.add(
          String.format(
              "--findDuplicates: expected columns to compare rows by, found none in %s that the"
                  + " model or the contract knows; name them with --duplicateKey=NAME,NAME",
              source.name()));
    }
    for (String name : key.all()) {
      if (ContractSchema.SCORED.hasField(name)) {
        problems.add(
            String.format(
                "--findDuplicates: the input column %s has the name of a field of scored rows;"
                    + " rename it",
                name));
      }
    }
    return Optional.of(key);
  }

  private List<String> askedKey(List<String> asked) {
    List<String> key = new ArrayList<>();
    for (String column : asked) {
      String name = Aliases.contractName(column.strip());
      if (!columns.names().contains(name) || name.equals(columns.idColumn())) {
        problems.add(
            String.format(
                "--duplicateKey: expected columns of %s but the id (%s), found %s",
                source.name(),
                columns.names().stream()
                    .filter(other -> !other.equals(columns.idColumn()))
                    .collect(Collectors.joining(", ")),
                column));
      } else if (!key.contains(name)) {
        key.add(name);
      }
    }
    return key;
  }

  /** Returns the fields that the options add to those of the contract. */
  private List<String> addedFields() {
    List<String> fields = new ArrayList<>();
    if (Boolean.TRUE.equals(options.getFindDuplicates())) {
      fields.addAll(FindDuplicates.FIELDS);
    }
    if (options.getIgnore() != null) {
      fields.add(MarkIgnored.FIELD);
    }
    return fields;
  }

  /** Returns the input columns that scored rows carry, by their names in the contract. */
  List<String> keptColumns() {
    List<String> kept = new ArrayList<>();
    for (String asked : Optional.ofNullable(options.getKeepColumns()).orElse(columns.names())) {
      String name = Aliases.contractName(asked.strip());
      if (name.isEmpty() || kept.contains(name)) {
        continue;
      }
      if (!columns.names().contains(name)) {
        problems.add(
            String.format(
                "--keepColumns: expected columns of %s (%s), found %s",
                source.name(), String.join(", ", columns.names()), asked));
      } else if (ContractSchema.SCORED.hasField(name)) {
        problems.add(
            String.format(
                "--keepColumns: the input column %s has the name of a field of scored rows (%s);"
                    + " rename it, or keep others with --keepColumns=NAME,NAME",
                name, String.join(", ", ContractSchema.SCORED.getFieldNames())));
      }
      if (addedFields().contains(name)) {
        problems.add(
            String.format(
                "--keepColumns: the input column %s has the name of a field that --findDuplicates"
                    + " or --ignore adds (%s); rename it, or keep others with"
                    + " --keepColumns=NAME,NAME",
                name, String.join(", ", addedFields())));
      }
      kept.add(name);
    }
    return kept;
  }
}
