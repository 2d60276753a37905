package org.anomalydetection.salesforce.api;

import static org.anomalydetection.salesforce.api.ScriptedServer.error;
import static org.anomalydetection.salesforce.api.ScriptedServer.json;
import static org.anomalydetection.salesforce.api.ScriptedServer.text;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever goes wrong, nothing that is written has a secret in it. */
class SecretsTest extends Scripted {
  private final StringWriter written = new StringWriter();
  private final Logger root = Logger.getLogger("");
  private final Level level = root.getLevel();
  private final PrintStream err = System.err;
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          written.write(new SimpleFormatter().format(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    handler.setLevel(Level.ALL);
    root.addHandler(handler);
    root.setLevel(Level.ALL);
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restore() {
    root.removeHandler(handler);
    root.setLevel(level);
    System.setErr(err);
  }

  @Test
  void shouldNotShowWhatTheServerEchoes() {
    connection =
        connection.withRetries(new Retries(2, Duration.ZERO, Duration.ZERO, 1, Duration.ZERO));
    String form = "client_secret=" + URLEncoder.encode(SECRET, StandardCharsets.UTF_8);
    String echo = SECRET + " " + form;
    server.then(json(400, "{\"error\":\"" + SECRET + "\",\"error_description\":\"" + echo + "\"}"));
    fail();
    server.then(text(500, "text/html", echo), text(500, "text/html", echo));
    fail();
    server.then(json(200, "{\"access_token\":\"" + ScriptedServer.TOKEN + "\"}"));
    server.then(json(200, "{\"access_token\":\"" + ScriptedServer.TOKEN + "\",\"insta"));
    fail();
    String split = ScriptedServer.TOKEN + "\\nX-Other: 1";
    server.then(json(200, "{\"access_token\":\"" + split + "\",\"instance_url\":\"https://a\"}"));
    server.then(json(200, "{\"access_token\":\"" + split + "\",\"instance_url\":\"https://a\"}"));
    fail();
    server.then(server.session(), error(400, "INVALID_FIELD", ScriptedServer.TOKEN));
    fail();
    String token = "Bearer " + ScriptedServer.TOKEN;
    server.then(server.session(), text(500, "text/html", token), text(500, "text/html", token));
    fail();
    assertThat(written.toString(), containsString("Salesforce"));
    assertThat(errors.toString(StandardCharsets.UTF_8), containsString("again in"));
    clean();
  }

  @Test
  void shouldNotStandInAPipelineOrItsText() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(connection);
    }
    written.write(bytes.toString(StandardCharsets.ISO_8859_1));
    written.write(connection.toString());
    Login login = connection.credentials().login(ENVIRONMENT);
    written.write(login.toString());
    written.write(new Session(ScriptedServer.TOKEN, server.url()).toString());
    clean();
  }

  private void fail() {
    SalesforceException error =
        assertThrows(SalesforceException.class, () -> client().query("SELECT Id FROM Lead", false));
    error.printStackTrace(new PrintWriter(written));
    written.write(error.code());
  }

  private void clean() {
    String encoded = URLEncoder.encode(SECRET, StandardCharsets.UTF_8);
    for (String line : (written + errors.toString(StandardCharsets.UTF_8)).lines().toList()) {
      assertThat(line, not(containsString(SECRET)));
      assertThat(line, not(containsString(encoded)));
      assertThat(line, not(containsString(ScriptedServer.TOKEN)));
    }
  }
}
