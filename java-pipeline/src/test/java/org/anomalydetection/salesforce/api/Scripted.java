package org.anomalydetection.salesforce.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A client of a {@link ScriptedServer}, whose waits are written down instead of waited. */
abstract class Scripted {
  static final String SECRET = "s3cret/of+the=app";
  static final Map<String, String> ENVIRONMENT =
      Map.of("SALESFORCE_CLIENT_ID", "3MVG9.app", "SALESFORCE_CLIENT_SECRET", SECRET);

  static final String NO_RECORDS = "{\"totalSize\":0,\"done\":true,\"records\":[]}";

  final List<Duration> waits = new ArrayList<>();
  final List<SalesforceException> retried = new ArrayList<>();
  final List<ApiUsage> usage = new ArrayList<>();
  int calls;
  ScriptedServer server;
  Connection connection;

  private final ApiListener listener =
      new ApiListener() {
        @Override
        public void onCall() {
          calls++;
        }

        @Override
        public void onRetry(SalesforceException cause, Duration delay) {
          retried.add(cause);
        }

        @Override
        public void onUsage(ApiUsage now) {
          usage.add(now);
        }
      };

  @BeforeEach
  void start() {
    server = new ScriptedServer();
    connection =
        Connection.to(server.url(), Credentials.fromEnvironment())
            .withTimeout(Duration.ofSeconds(5));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  SalesforceClient client() {
    return client(ENVIRONMENT);
  }

  SalesforceClient client(Map<String, String> environment) {
    return SalesforceClient.open(
        connection,
        listener,
        environment,
        new Retrying(connection.retries(), listener, waits::add));
  }

  /** A client whose login, which comes first, is taken. */
  SalesforceClient loggedIn() {
    server.then(server.session());
    return client();
  }
}
