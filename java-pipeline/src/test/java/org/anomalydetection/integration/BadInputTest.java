package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.anomalydetection.Project;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be used: an exit code, one clear message, and nothing published. */
class BadInputTest {
  private static final List<String> FILES =
      List.of("encoder.pth", "anomaly_detection.model", "model.params");

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void copyModel() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    for (String file : FILES) {
      Files.copy(Project.file("pretrained").resolve(file), model.resolve(file));
    }
  }

  @Test
  void shouldRefuseAMissingInput() {
    assertRefused(2, "expected a CSV file, found none", "--input=" + folder.resolve("no.csv"));
  }

  @Test
  void shouldRefuseAnEmptyInput() throws IOException {
    assertRefused(2, "expected a header with the names of the columns, found nothing", input(""));
  }

  @Test
  void shouldRefuseAHeaderWithoutTheIdColumn() throws IOException {
    assertRefused(2, "expected the id column Id, found Name, Amount", input("Name,Amount\nx,1\n"));
  }

  @Test
  void shouldRefuseAHeaderWithoutAFeatureOfTheModel() throws IOException {
    assertRefused(2, "column 'AccountType': expected STRING", input("Id,Name\n1,x\n"));
  }

  @Test
  void shouldNameTheRecordWhoseQuoteIsNotClosed() throws IOException {
    List<String> lines = SampleRows.lines();
    String input =
        input(lines.get(0) + "\n" + lines.get(1) + "\n\"006,unclosed\n" + lines.get(2) + "\n");
    assertRefused(1, "record 2: expected a closing quote, found the end of the file", input);
  }

  @Test
  void shouldSayThatNoServiceAnswers() {
    MainResult result = MainResult.of("--expansionService=127.0.0.1:1", output());
    assertEquals(1, result.exitCode());
    assertThat(result.err(), containsString("expected an expansion service at 127.0.0.1:1"));
    assertFalse(result.err().contains("Exception"), result.err());
  }

  @Test
  void shouldRefuseAMissingModel() {
    assertRefused(2, "no-model/model.params", "--model=" + folder.resolve("no-model"));
  }

  @Test
  void shouldRefuseATruncatedModel() throws IOException {
    for (String file : FILES) {
      Path damaged = Files.createDirectory(folder.resolve("truncated-" + file));
      for (String other : FILES) {
        byte[] bytes = Files.readAllBytes(model.resolve(other));
        Files.write(
            damaged.resolve(other),
            other.equals(file) ? Arrays.copyOf(bytes, bytes.length / 2) : bytes);
      }
      assertRefused(2, file, "--model=" + damaged);
    }
  }

  @Test
  void shouldRefuseAModelOfAnotherFormat() throws IOException {
    Path params = model.resolve("model.params");
    String text = Files.readString(params);
    String changed = text.replaceFirst("\"format_version\": ?[0-9]+", "\"format_version\": 999");
    assertFalse(changed.equals(text));
    Files.writeString(params, changed);
    assertRefused(2, "999", "--model=" + model);
  }

  @Test
  void shouldRefuseAModelWhoseHashesDoNotMatch() throws IOException {
    Path encoder = model.resolve("encoder.pth");
    byte[] bytes = Files.readAllBytes(encoder);
    bytes[bytes.length / 2] ^= 1;
    Files.write(encoder, bytes);
    assertRefused(2, "encoder.pth: expected SHA-256", "--model=" + model);
  }

  @Test
  void shouldRefuseAPickle() throws IOException {
    Files.write(
        model.resolve("model.params"),
        "\u0080\u0004cposix\nsystem\n.".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(2, "model.params", "--model=" + model);
  }

  @Test
  void shouldRefuseAnOutputThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    MainResult result =
        MainResult.of(
            "--expansionService=" + RunningService.address(), "--output=" + file.resolve("sub"));
    assertEquals(2, result.exitCode());
    assertThat(result.err(), containsString("--output: expected a folder that can be written"));
  }

  private void assertRefused(int exitCode, String message, String... args) {
    String[] all =
        Stream.concat(
                Stream.of("--expansionService=" + RunningService.address(), output()),
                Stream.of(args))
            .toArray(String[]::new);
    MainResult result = MainResult.of(all);
    assertThat(result.err(), containsString(message));
    assertThat(result.err(), not(containsString("Traceback")));
    assertThat(result.err(), not(containsString("Exception")));
    assertEquals(exitCode, result.exitCode(), result.err());
    assertEquals("", result.out());
    assertEquals(List.of(), published());
  }

  private List<String> published() {
    Path out = folder.resolve("out");
    if (!Files.exists(out)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(out)) {
      return files.map(Path::toString).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String output() {
    return "--output=" + folder.resolve("out");
  }

  private String input(String text) throws IOException {
    return "--input=" + Files.writeString(folder.resolve("input.csv"), text);
  }
}
