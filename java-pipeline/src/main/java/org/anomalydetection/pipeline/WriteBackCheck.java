package org.anomalydetection.pipeline;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Credentials;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.writeback.FieldNames;
import org.anomalydetection.writeback.Mode;
import org.anomalydetection.writeback.TargetField;
import org.anomalydetection.writeback.WriteBack;

/** Looks at the options of a run that writes to Salesforce, and asks it for the fields. */
final class WriteBackCheck {
  static final String OFF = "off";

  private static final List<String> USUAL =
      List.of("score=Anomaly_Score__c", "label=Anomaly_Label__c", "reason=Anomaly_Reason__c");
  private static final String ID = "Id";

  /** Fields that change whenever a record is written. */
  private static final List<String> STAMPS =
      List.of("SystemModstamp", "LastModifiedDate", "LastModifiedById", "LastModifiedBy.Name");

  private final ScoringOptions options;
  private final List<String> problems;

  /**
   * @param options of a run that reads Salesforce, whose options for that are good
   * @param problems where to add what is wrong
   */
  WriteBackCheck(ScoringOptions options, List<String> problems) {
    this.options = options;
    this.problems = problems;
  }

  /**
   * Returns what to write, nothing if that is off or something is wrong.
   *
   * @throws RunException if Salesforce does not answer
   */
  Optional<WriteBack> writeBack() {
    String word = options.getWriteBack();
    if (word.equals(OFF)) {
      if (options.getWriteBackFields() != null) {
        problems.add("--writeBackFields: expected --writeBack beside it, found it alone");
      }
      return Optional.empty();
    }
    Optional<Mode> mode =
        Arrays.stream(Mode.values())
            .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(word))
            .findFirst();
    if (mode.isEmpty()) {
      problems.add("--writeBack: expected off, preview or apply, found " + word);
    }
    String id = Aliases.contractName(options.getIdColumn());
    if (!id.equals(ID)) {
      problems.add("--writeBack: expected --idColumn=Id, by which records are found, found " + id);
    }
    Connection connection =
        Connection.to(
            URI.create(Objects.requireNonNull(options.getSalesforceUrl())),
            Credentials.at(options.getSalesforceCredentials()));
    String object = SalesforceFields.of(options, new ArrayList<>()).object();
    Optional<Duration> limit =
        new TimeOptions(problems)
            .duration(
                "salesforceJobTimeout", options.getSalesforceJobTimeout(), Duration.ofMillis(1));
    List<TargetField> fields = fields(connection, object);
    if (Boolean.TRUE.equals(options.getFollow())) {
      refuseColumnsThatChange(fields);
    }
    if (mode.isEmpty() || limit.isEmpty() || fields.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        WriteBack.to(connection, object, fields).withMode(mode.get()).withJobTimeout(limit.get()));
  }

  /**
   * Adds a problem for each column that writing changes: such a record would be read and written
   * again for ever.
   */
  private void refuseColumnsThatChange(List<TargetField> fields) {
    Set<String> changing = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    changing.addAll(STAMPS);
    fields.forEach(field -> changing.add(field.name()));
    SalesforceFields.of(options, new ArrayList<>())
        .columns()
        .forEach(
            (column, path) -> {
              if (path != null && changing.contains(path)) {
                problems.add(
                    String.format(
                        "--writeBack: expected columns that writing does not change, since --follow"
                            + " would read and write each record for ever, found %s, which is %s",
                        column, path));
              }
            });
  }

  private List<TargetField> fields(Connection connection, String object) {
    try (SalesforceClient client = SalesforceClient.open(connection)) {
      List<String> pairs = Objects.requireNonNullElse(options.getWriteBackFields(), USUAL);
      List<TargetField> fields = FieldNames.parse(pairs).checked(client.describe(object));
      if (fields.stream().anyMatch(TargetField::isReason)
          && Integer.valueOf(0).equals(options.getExplain())) {
        problems.add(
            "--writeBackFields: expected no reason among them, since with --explain=0 there are"
                + " none");
      }
      return fields;
    } catch (IllegalArgumentException e) {
      Objects.requireNonNull(e.getMessage())
          .lines()
          .forEach(line -> problems.add("--writeBackFields: " + line));
      return List.of();
    } catch (SalesforceException e) {
      throw new RunException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunException("the run was interrupted", e);
    }
  }
}
