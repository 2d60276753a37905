package org.anomalydetection.writeback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.anomalydetection.salesforce.api.FieldDescription;
import org.anomalydetection.salesforce.api.ObjectDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which fields are taken, and what is said of those that are not. */
class FieldNamesTest {
  private static final ObjectDescription OBJECT =
      new ObjectDescription(
          "Opportunity",
          List.of(
              field("Score__c", "double", 0, 18, 4, true),
              field("Rounded__c", "double", 0, 3, 0, true),
              field("Share__c", "double", 0, 4, 4, true),
              field("Odd__c", "boolean", 0, 0, 0, true),
              field("Why__c", "string", 255, 0, 0, true),
              field("Long_Why__c", "textarea", 32_000, 0, 0, true),
              field("Short__c", "string", 40, 0, 0, true),
              field("Formula__c", "double", 0, 18, 4, false)));

  @Test
  void shouldTakeFieldsThatFitByTheNamesThatSalesforceHas() {
    List<TargetField> fields =
        FieldNames.parse(List.of("score=score__c", " label = Odd__c", "reason=Long_Why__c"))
            .checked(OBJECT);
    assertEquals(
        List.of(
            new TargetField(Value.SCORE, "Score__c", 4, 0, false),
            new TargetField(Value.LABEL, "Odd__c", 0, 0, true),
            new TargetField(Value.REASON, "Long_Why__c", 0, 32_000, false)),
        fields);
    assertEquals(1, FieldNames.parse(List.of("label=Rounded__c")).checked(OBJECT).size());
  }

  @Test
  void shouldSayAllThatIsWrongWithTheFields() {
    FieldNames names =
        FieldNames.parse(List.of("score=Rounded__c", "label=Formula__c", "reason=None__c"));
    assertEquals(
        "expected a number with at least one digit in front of the point and two behind it for the"
            + " score, found Rounded__c: double of 3 digits, 0 behind the point\n"
            + "expected a field that this login may change for the label, found Formula__c, which"
            + " it may only read\n"
            + "expected the field None__c of Opportunity for the reason, found none that this login"
            + " may see",
        assertThrows(IllegalArgumentException.class, () -> names.checked(OBJECT)).getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "score=Share__c, 'found Share__c: double of 4 digits, 4 behind the point'",
    "score=Why__c, 'found Why__c: string of 255 characters'",
    "label=Why__c, 'expected a number or a checkbox for the label'",
    "reason=Short__c, 'expected a text of at least 80 characters for the reason'",
    "reason=Odd__c, 'found Odd__c: boolean'",
  })
  void shouldRefuseAFieldThatTheValueDoesNotFit(String pair, String message) {
    String found =
        assertThrows(
                IllegalArgumentException.class,
                () -> FieldNames.parse(List.of(pair)).checked(OBJECT))
            .getMessage();
    assertEquals(true, found.contains(message), found);
  }

  @ParameterizedTest
  @CsvSource({
    "Score__c, 'expected pairs such as score=Anomaly_Score__c, found Score__c'",
    "score=A b, 'expected pairs such as score=Anomaly_Score__c, found score=A b'",
    "p=A__c, 'expected score, label, reason, found p'",
    "score=A__c;score=B__c, 'expected one field for each value, found two for score'",
    "score=A__c;label=a__c, 'expected another field for each value, found A__c, a__c'",
  })
  void shouldSayWhatPairsItExpects(String pairs, String message) {
    assertEquals(
        message,
        assertThrows(
                IllegalArgumentException.class,
                () -> FieldNames.parse(List.of(pairs.split(";", -1))))
            .getMessage());
  }

  private static FieldDescription field(
      String name, String type, int length, int precision, int scale, boolean updateable) {
    return new FieldDescription(
        name, type, name, length, precision, scale, true, updateable, null, List.of());
  }
}
