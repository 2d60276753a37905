package org.anomalydetection.salesforce;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.salesforce.api.FieldDescription;
import org.anomalydetection.salesforce.api.ObjectDescription;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A small object of tests, as Salesforce describes it. */
final class Opportunities {
  private static final ObjectDescription OPPORTUNITY =
      new ObjectDescription(
          "Opportunity",
          List.of(
              field("Id", "id"),
              field("Amount", "currency"),
              field("Probability", "percent"),
              field("Lines__c", "int"),
              field("IsWon", "boolean"),
              field("StageName", "picklist"),
              field("CloseDate", "date"),
              field("CreatedDate", "datetime"),
              field("SystemModstamp", "datetime"),
              reference("AccountId", "Account", "Account"),
              reference("OwnerId", "Owner", "Group", "User")));
  private static final ObjectDescription ACCOUNT =
      new ObjectDescription("Account", List.of(field("Industry", "picklist")));
  private static final ObjectDescription USER =
      new ObjectDescription("User", List.of(field("Name", "string")));

  private Opportunities() {}

  static Describer describer() {
    Map<String, ObjectDescription> objects = new LinkedHashMap<>();
    for (ObjectDescription object : List.of(OPPORTUNITY, ACCOUNT, USER)) {
      objects.put(object.name(), object);
    }
    return new Describer(
        name -> {
          ObjectDescription found = objects.get(name);
          if (found == null) {
            throw new AssertionError("nobody should ask for " + name);
          }
          return found;
        });
  }

  /** Returns columns of these paths, under names that are given before a colon. */
  static Fields fields(String... columns) throws Exception {
    Map<String, @Nullable String> paths = new LinkedHashMap<>();
    Arrays.stream(columns)
        .map(column -> column.split(":", 2))
        .forEach(column -> paths.put(column[0], column[column.length - 1]));
    return Fields.described(describer(), "Opportunity", paths, "Id", ContractSchema.inputKinds());
  }

  private static FieldDescription field(String name, String type) {
    return new FieldDescription(name, type, name, 0, 0, 0, true, true, null, List.of());
  }

  private static FieldDescription reference(String name, String relationship, String... objects) {
    return new FieldDescription(
        name, "reference", name, 18, 0, 0, true, true, relationship, List.of(objects));
  }
}
