package org.anomalydetection.salesforce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.contract.CellKind;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;

class FieldsTest {
  @Test
  void shouldTakeTypesAndSpellingFromSalesforce() throws Exception {
    Fields fields =
        Opportunities.fields(
            "Id:id",
            "Amount:AMOUNT",
            "Chance:probability",
            "Lines:Lines__c",
            "Won:IsWon",
            "Close:CloseDate",
            "Created:createddate",
            "Industry:account.industry",
            "Owner:Owner.Name");
    assertEquals(
        List.of(
            CellKind.STRING,
            CellKind.DOUBLE,
            CellKind.DOUBLE,
            CellKind.DOUBLE,
            CellKind.BOOLEAN,
            CellKind.DATE,
            CellKind.DATE,
            CellKind.STRING,
            CellKind.STRING),
        fields.columns().kinds());
    assertEquals(Optional.of("Account.Industry"), fields.paths().get(7));
    assertEquals(Optional.of("Owner.Name"), fields.paths().get(8));
  }

  @Test
  void shouldNameAllFieldsThatAreNotThere() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Opportunities.fields("Id", "Segment:Tier__c", "A:Account.Nme", "B:Boss.Name"));
    assertEquals(
        List.of(
            "Segment: expected a field of Opportunity that this login may see, found no Tier__c",
            "A: expected a field of Account that this login may see, found no Nme",
            "B: expected a relationship of Opportunity that this login may see, found no Boss"),
        e.getMessage().lines().toList());
  }

  @Test
  void shouldReadAColumnAsItsModelDoesWhateverItIs() throws Exception {
    Map<String, @Nullable String> paths = new LinkedHashMap<>();
    paths.put("Id", "Id");
    paths.put("Lines", "Lines__c");
    paths.put("Product", null);
    Fields fields =
        Fields.described(
            Opportunities.describer(),
            "Opportunity",
            paths,
            "Id",
            Map.of("Lines", CellKind.STRING));
    assertEquals(CellKind.STRING, fields.columns().kind("Lines"));
    assertEquals(Optional.empty(), fields.paths().get(2));
    assertEquals(
        List.of("Id", "Lines__c", "SystemModstamp"),
        RowQuery.of("Opportunity", fields, "SystemModstamp", false).paths());
  }
}
