package org.anomalydetection.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AliasesTest {
  @ParameterizedTest
  @CsvSource({
    "Billing State/Province, BillingState",
    "Account.BillingState, BillingState",
    "BillingState, BillingState",
    "Segment__c, Segment",
    "Opportunity ID, Id",
    "Opportunity Name, Name",
    "Account Name, Account",
    "Opportunity Currency, CurrencyIsoCode",
    "Currency ISO Code, CurrencyIsoCode",
    "Amount Currency, CurrencyIsoCode",
    "'#', '#'",
    "billing state, billing state",
  })
  void shouldKnowLabelsAndPathsAndKeepOtherHeaders(String header, String name) {
    assertEquals(name, Aliases.contractName(header));
  }
}
