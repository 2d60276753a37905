package org.anomalydetection.salesforce;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.anomalydetection.Project;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Credentials;
import org.anomalydetection.salesforce.api.Retries;

/** The project's test Salesforce as a process of its own, for as long as this object is open. */
public final class SalesforceServer implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Pattern EXPORT = Pattern.compile("export (\\w+)='?([^']*)'?");
  private static final String READY = "ready ";
  private static final Retries SOON =
      new Retries(4, Duration.ofMillis(5), Duration.ofMillis(50), 3, Duration.ofMillis(10));

  private final Process process;
  private final Path folder;
  private final Map<String, String> environment = new HashMap<>();

  private SalesforceServer(Process process, Path folder) {
    this.process = process;
    this.folder = folder;
  }

  /**
   * Starts one with the sample.
   *
   * @param options more options of {@code python -m salesforce_mock}, such as {@code --rows=5000}
   */
  public static SalesforceServer start(String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Project.file("python-transform/.venv/bin/python").toString(),
                "-m",
                "salesforce_mock",
                "--port=0",
                "--job-seconds=0.2",
                "--until-stdin-closes"));
    try {
      Path folder = Files.createTempDirectory("salesforce");
      command.add("--private-key-file=" + folder.resolve("key.pem"));
      command.addAll(List.of(options));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().put("PYTHONPATH", Project.file("salesforce-mock/src").toString());
      SalesforceServer server = new SalesforceServer(builder.start(), folder);
      server.awaitReady();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns its address. */
  public URI url() {
    return URI.create(environment.get("SALESFORCE_URL"));
  }

  /** Returns the variables with which a process finds it and logs in, in both ways. */
  public Map<String, String> environment() {
    return Map.copyOf(environment);
  }

  /** Returns a file for a login with the secret. */
  public Path secretFile() {
    return file("secret.json", Map.of("client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET"));
  }

  /** Returns a file for a signed login. */
  public Path keyFile() {
    return file(
        "signed.json",
        Map.of(
            "client_id",
            "CLIENT_ID",
            "username",
            "USERNAME",
            "private_key_file",
            "PRIVATE_KEY_FILE"));
  }

  /** Returns a connection that tries again soon. */
  public Connection connection() {
    return Connection.to(url(), Credentials.ofFile(secretFile().toString())).withRetries(SOON);
  }

  /**
   * Switches a fault on, once.
   *
   * @param name one of {@code salesforce_mock/faults.py}
   */
  public void fault(String name) {
    fault(name, Map.of());
  }

  /** Switches a fault on, with options such as {@code endpoint}, {@code times}, {@code after}. */
  public void fault(String name, Map<String, ?> options) {
    Map<String, Object> body = new LinkedHashMap<>(options);
    body.put("fault", name);
    call("POST", "/_test/faults", body);
  }

  /** Returns the faults that are switched on, each with how often it {@code struck}. */
  public JsonNode faults() {
    return call("GET", "/_test/faults", null);
  }

  /** Returns how often an endpoint was called since the start or the last reset. */
  public long calls(String endpoint) {
    return call("GET", "/_test/calls", null).path("calls").path(endpoint).asLong();
  }

  /** Returns how many bulk jobs it keeps. */
  public int jobs() {
    return call("GET", "/_test/calls", null).path("jobs").asInt();
  }

  /** Returns fields of all records that are not deleted, past the API, by id. */
  public Map<String, JsonNode> records(String... fields) {
    String wanted = "Id" + (fields.length == 0 ? "" : "," + String.join(",", fields));
    Map<String, JsonNode> records = new LinkedHashMap<>();
    call("GET", "/_test/records?deleted=false&fields=" + wanted, null)
        .path("records")
        .forEach(record -> records.put(record.path("Id").asText(), record));
    return records;
  }

  /**
   * Inserts ({@code POST}), changes ({@code PATCH}) or deletes ({@code DELETE}) records past the
   * API, with a body of {@code salesforce_mock/control.py}; returns their ids.
   */
  public List<String> change(String method, Map<String, ?> body) {
    List<String> ids = new ArrayList<>();
    call(method, "/_test/records", body).path("ids").forEach(id -> ids.add(id.asText()));
    return ids;
  }

  /** Gives records one time of their last change. */
  public void stamp(Map<String, ?> body) {
    call("POST", "/_test/stamps", body);
  }

  /** Sets its clock so many seconds ahead of that of this machine, or behind it. */
  public void skew(double seconds) {
    call("POST", "/_test/clock", Map.of("skew", seconds));
  }

  /** Goes back to the data of the start, without faults and skew, with nothing counted. */
  public void reset() {
    call("POST", "/_test/reset", Map.of());
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      for (String name : List.of("key.pem", "secret.json", "signed.json")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void awaitReady() throws IOException {
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher export = EXPORT.matcher(line);
      if (export.matches()) {
        environment.put(export.group(1), export.group(2));
      } else if (line.startsWith(READY)) {
        return;
      }
    }
    throw new IOException("the test Salesforce ended before it was ready");
  }

  private Path file(String name, Map<String, String> variables) {
    try {
      Map<String, String> values =
          variables.entrySet().stream()
              .collect(
                  Collectors.toMap(
                      Map.Entry::getKey, one -> environment.get("SALESFORCE_" + one.getValue())));
      return Files.write(folder.resolve(name), MAPPER.writeValueAsBytes(values));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonNode call(String method, String path, Map<String, ?> body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(url().resolve(path))
              .version(HttpClient.Version.HTTP_1_1)
              .method(
                  method,
                  body == null
                      ? BodyPublishers.noBody()
                      : BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(body)))
              .build();
      HttpResponse<byte[]> response = HTTP.send(request, BodyHandlers.ofByteArray());
      if (response.statusCode() >= 300) {
        throw new IllegalArgumentException(
            method + " " + path + ": " + new String(response.body(), StandardCharsets.UTF_8));
      }
      return MAPPER.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
