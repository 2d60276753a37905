package org.anomalydetection.csv;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.anomalydetection.Project;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordScannerTest {
  private static final Position HEADER_READ = new Position(1, 0);

  @TempDir Path folder;

  /** A record as both readers see it: its cells, and the line that it ends in. */
  private record Seen(long line, List<String> cells) {}

  /** What a reader makes of a file: its records, and whether the next one is damaged. */
  private record Outcome(List<Seen> records, boolean damaged) {}

  @Test
  void shouldReadWhatAnotherReaderReads() throws IOException {
    Random random = new Random(1);
    int damaged = 0;
    for (int i = 0; i < 20_000; i++) {
      String text = randomText(random, 1 + random.nextInt(24));
      Outcome expected = byCommons(text);
      assertEquals(expected, byScanner(text), () -> "the text " + escaped(text));
      damaged += expected.damaged ? 1 : 0;
    }
    assertTrue(damaged > 1000 && damaged < 19_000, "damaged: " + damaged);
  }

  @Test
  void shouldCloseWhatItCannotBeginToRead() {
    for (Position from : List.of(Position.START, new Position(5, 1))) {
      boolean[] open = {true};
      ReadableByteChannel broken =
          new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer bytes) throws IOException {
              throw new IOException("gone");
            }

            @Override
            public boolean isOpen() {
              return open[0];
            }

            @Override
            public void close() {
              open[0] = false;
            }
          };
      assertThrows(IOException.class, () -> RecordScanner.of("file", broken, from));
      assertEquals(false, broken.isOpen());
    }
  }

  @Test
  void shouldReadRecordsLongerThanItsBuffer() throws IOException {
    Random random = new Random(2);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      String cell = randomText(random, random.nextInt(60_000)).replace("\"", "\"\"");
      text.append("plain,\"").append(cell).append("\",").append(i).append("\r\n");
    }
    assertEquals(byCommons(text.toString()), byScanner(text.toString()));
  }

  @Test
  void shouldGoOnWhereItStopped() throws IOException {
    byte[] golden = Files.readAllBytes(Project.file("contract/golden/reader/opportunities.csv"));
    List<Position> positions = new ArrayList<>(List.of(Position.START));
    List<String> records = new ArrayList<>();
    try (RecordScanner scanner = scanner(golden, Position.START)) {
      while (scanner.next()) {
        positions.add(scanner.position());
        records.add(scanner.number() + cells(scanner).toString());
      }
    }
    assertEquals(85, records.size());
    Path file = Files.write(folder.resolve("golden.csv"), golden);
    for (int i = 0; i < positions.size(); i++) {
      List<String> rest = records.subList(i, records.size());
      try (RecordScanner piped = scanner(golden, positions.get(i));
          RecordScanner seeking = RecordScanner.open(file.toString(), "input", positions.get(i))) {
        assertEquals(rest, rest(piped), "after record " + (i - 1) + ", by a pipe");
        assertEquals(rest, rest(seeking), "after record " + (i - 1) + ", by a file");
      }
    }
  }

  @Test
  void shouldPassOverAByteOrderMarkAtTheBeginningOnly() throws IOException {
    byte[] text = "\ufeffa\n\ufeffb\n".getBytes(StandardCharsets.UTF_8);
    try (RecordScanner scanner = scanner(text, Position.START)) {
      assertTrue(scanner.next());
      assertEquals("a", scanner.cell(0).readable());
      assertTrue(scanner.next());
      assertEquals("\ufeffb", scanner.cell(0).readable());
    }
  }

  @Test
  void shouldNotHoldAFileWhoseQuoteIsNotClosed() {
    byte[] text = new byte[RecordScanner.MOST_BYTES + 10];
    text[0] = '"';
    CsvSyntaxException e =
        assertThrows(
            CsvSyntaxException.class,
            () -> {
              try (RecordScanner scanner = scanner(text, HEADER_READ)) {
                scanner.next();
              }
            });
    assertThat(e.getMessage(), containsString("x.csv: record 1: expected a record of at most 64"));
  }

  private static Outcome byScanner(String text) throws IOException {
    List<Seen> records = new ArrayList<>();
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    try (RecordScanner scanner = scanner(bytes, Position.START)) {
      while (scanner.next()) {
        records.add(new Seen(scanner.lines(), cells(scanner)));
      }
      return new Outcome(records, false);
    } catch (CsvSyntaxException e) {
      return new Outcome(records, true);
    }
  }

  private static Outcome byCommons(String text) throws IOException {
    List<Seen> records = new ArrayList<>();
    CSVFormat format = CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get();
    try (CSVParser parser = CSVParser.parse(new StringReader(text), format)) {
      parser.forEach(
          record -> records.add(new Seen(parser.getCurrentLineNumber(), record.toList())));
      return new Outcome(records, false);
    } catch (UncheckedIOException e) {
      return new Outcome(records, true);
    }
  }

  private static String randomText(Random random, int length) {
    String characters = "ab,,\"\"\"\n\r \t\u00e9\u0000";
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(characters.charAt(random.nextInt(characters.length())));
    }
    return text.toString();
  }

  private static List<String> rest(RecordScanner scanner) throws IOException {
    List<String> records = new ArrayList<>();
    while (scanner.next()) {
      records.add(scanner.number() + cells(scanner).toString());
    }
    return records;
  }

  private static List<String> cells(RecordScanner scanner) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < scanner.cells(); i++) {
      int length = scanner.end(i) - scanner.begin(i);
      cells.add(new String(scanner.bytes(), scanner.begin(i), length, StandardCharsets.ISO_8859_1));
    }
    return cells;
  }

  /** Returns a scanner of bytes that come a few at a time and cannot be sought in. */
  private static RecordScanner scanner(byte[] bytes, Position from) throws IOException {
    InputStream slow =
        new ByteArrayInputStream(bytes) {
          @Override
          public int read(byte[] target, int offset, int length) {
            return super.read(target, offset, Math.min(length, 7 + bytes.length / 100));
          }
        };
    ReadableByteChannel channel = Channels.newChannel(slow);
    return RecordScanner.of("x.csv", channel, from);
  }

  private static String escaped(String text) {
    return text.replace("\n", "\\n").replace("\r", "\\r");
  }
}
