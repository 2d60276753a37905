package org.anomalydetection.csv;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.anomalydetection.source.Columns;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderTest {
  @TempDir Path folder;

  @Test
  void shouldNameColumnsAsTheContractDoes() {
    Columns columns =
        CsvFile.of(folder, "\u00ef\u00bb\u00bfOpportunity ID, Amount ,StageName,#\n").columns("Id");
    assertEquals(List.of("Id", "Amount", "Stage", "#"), columns.names());
    assertEquals(FieldType.STRING, columns.schema().getField("Id").getType());
    assertEquals(
        FieldType.DOUBLE.withNullable(true), columns.schema().getField("Amount").getType());
  }

  @ParameterizedTest
  @CsvSource({"Opportunity Name", "Name"})
  void shouldFindTheIdByEitherName(String idColumn) {
    assertEquals(
        "Name", CsvFile.of(folder, "Opportunity Name,Amount\n").columns(idColumn).idColumn());
  }

  @Test
  void shouldReadAnIdAsTextWhateverTheColumnIs() {
    Columns columns = CsvFile.of(folder, "Amount,Id\n").columns("Amount");
    assertEquals(FieldType.STRING, columns.schema().getField("Amount").getType());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|expected a header with the names of the columns, found nothing",
        "'\n\n'|expected a header with the names of the columns, found nothing",
        "Name,Amount|expected the id column Id, found Name, Amount; --idColumn=NAME names another",
        "Id,,Name|header, column 2: expected a name, found nothing",
        "Id,Account Name,Account|header, column 3: expected a name of its own, found Account",
        "Id,caf\u00e9|header, column 2: expected UTF-8 text, found caf\\xe9",
        "Id,\"Name|the header: expected a closing quote, found the end of the file",
      })
  void shouldRefuseHeaders(String header, String message) {
    CsvFile file = CsvFile.of(folder, header);
    InputException e = assertThrows(InputException.class, () -> file.columns("Id"));
    assertThat(e.getMessage(), containsString("input " + file.path()));
    assertThat(e.getMessage(), containsString(message));
  }

  @Test
  void shouldRefuseAFileThatIsNotThere() {
    CsvFile missing = CsvFile.at(folder.resolve("missing.csv"));
    InputException e = assertThrows(InputException.class, () -> missing.columns("Id"));
    assertThat(e.getMessage(), containsString("missing.csv: expected a CSV file, found none"));
  }

  @Test
  void shouldRefuseAFolder() {
    InputException e = assertThrows(InputException.class, () -> CsvFile.at(folder).columns("Id"));
    assertThat(e.getMessage(), containsString("Is a directory"));
  }
}
