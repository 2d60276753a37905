package org.anomalydetection.salesforce;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.salesforce.api.FieldDescription;
import org.anomalydetection.salesforce.api.ObjectDescription;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;

/** Finds fields in what Salesforce says of its objects, each of which it asks for once. */
public final class Describer {
  /** Of the objects that a record's owner may be, the one that has a role. */
  private static final String USER = "User";

  private final Source source;
  private final Map<String, ObjectDescription> objects = new HashMap<>();

  /** Says what an object is. */
  @FunctionalInterface
  interface Source {
    ObjectDescription describe(String object) throws SalesforceException, InterruptedException;
  }

  /** Asks through a client. */
  public Describer(SalesforceClient client) {
    this(client::describe);
  }

  Describer(Source source) {
    this.source = source;
  }

  /**
   * A field.
   *
   * @param path its path as Salesforce spells it
   * @param kind how its values are read
   */
  record Found(String path, CellKind kind) {}

  /** Tells whether an object has a field that this login may see. */
  public boolean has(String object, String field) throws SalesforceException, InterruptedException {
    return object(object).field(field).isPresent();
  }

  /**
   * Finds the field at the end of a path.
   *
   * @throws IllegalArgumentException if there is none that this login may see
   */
  Found find(String object, String path) throws SalesforceException, InterruptedException {
    int dot = path.indexOf('.');
    ObjectDescription description = object(object);
    if (dot < 0) {
      FieldDescription field =
          description.field(path).orElseThrow(() -> missing(object, "field", path));
      return new Found(field.name(), kind(field.type()));
    }
    String relationship = path.substring(0, dot);
    FieldDescription reference =
        description
            .reference(relationship)
            .orElseThrow(() -> missing(object, "relationship", relationship));
    Found found = find(target(reference), path.substring(dot + 1));
    return new Found(reference.relationshipName() + "." + found.path(), found.kind());
  }

  private static IllegalArgumentException missing(String object, String what, String name) {
    return new IllegalArgumentException(
        String.format(
            "expected a %s of %s that this login may see, found no %s", what, object, name));
  }

  private static String target(FieldDescription reference) {
    List<String> objects = reference.referenceTo();
    return objects.contains(USER) ? USER : objects.get(0);
  }

  private ObjectDescription object(String name) throws SalesforceException, InterruptedException {
    ObjectDescription known = objects.get(name);
    if (known == null) {
      known = source.describe(name);
      objects.put(name, known);
    }
    return known;
  }

  private static CellKind kind(String type) {
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "boolean" -> CellKind.BOOLEAN;
      case "currency", "double", "int", "long", "percent" -> CellKind.DOUBLE;
      case "date", "datetime" -> CellKind.DATE;
      default -> CellKind.STRING;
    };
  }
}
