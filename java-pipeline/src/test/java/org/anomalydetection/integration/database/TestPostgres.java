package org.anomalydetection.integration.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.anomalydetection.Project;
import org.apache.commons.io.FileUtils;

/**
 * A PostgreSQL for the tests of this process, on a free port of 127.0.0.1; it ends with the
 * process.
 */
public final class TestPostgres {
  /** A user without a password. */
  public static final String TRUSTED = "trusted";

  /** A user with one. */
  static final String USER = "scorer";

  static final String PASSWORD = "s3cret-of-the-test";

  private static final long LIMIT_SECONDS = 60;
  private static final String NOBODY = "nobody";
  private static final TestPostgres RUNNING = new TestPostgres();

  private final Path folder;
  private final int port;
  private final Process server;
  private final AtomicInteger databases = new AtomicInteger();

  private TestPostgres() {
    try {
      folder = Files.createTempDirectory("postgres");
      Path data = folder.resolve("data");
      if (isRoot()) {
        // PostgreSQL refuses to run as root.
        finish("chown", NOBODY, folder.toString());
      }
      finish(program("initdb", "-D", data, "-U", TRUSTED, "-A", "trust", "--no-sync"));
      Files.writeString(
          data.resolve("pg_hba.conf"),
          String.format(
              "host all %s 127.0.0.1/32 trust%nhost all %s 127.0.0.1/32 scram-sha-256%n",
              TRUSTED, USER),
          StandardOpenOption.TRUNCATE_EXISTING);
      port = freePort();
      server =
          new ProcessBuilder(
                  program("postgres", "-D", data, "-p", port, "-h", "127.0.0.1", "-k", "", "-F"))
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log").toFile())
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
      await();
      execute(
          url("postgres", TRUSTED),
          String.format("CREATE ROLE %s LOGIN SUPERUSER PASSWORD '%s'", USER, PASSWORD));
    } catch (IOException | SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** Makes an empty database, and returns the URL at which a user reaches it. */
  public static String database(String user) throws SQLException {
    String name = "test" + RUNNING.databases.incrementAndGet();
    execute(RUNNING.url("postgres", TRUSTED), "CREATE DATABASE " + name);
    return RUNNING.url(name, user);
  }

  /** Executes statements. */
  static void execute(String url, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      for (String one : statements) {
        statement.execute(one);
      }
    }
  }

  private String url(String database, String user) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + user;
  }

  private void await() throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (server.isAlive() && System.nanoTime() < end) {
      try {
        DriverManager.getConnection(url("postgres", TRUSTED)).close();
        return;
      } catch (SQLException e) {
        sleep();
      }
    }
    throw new AssertionError(Files.readString(folder.resolve("log")));
  }

  private static void sleep() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void stop() {
    try {
      // The server's fast way to end, which waits for no client.
      finish("kill", "-INT", Long.toString(server.pid()));
      if (!server.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        server.destroyForcibly();
      }
      FileUtils.deleteDirectory(folder.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static List<String> program(String name, Object... arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(
          List.of("setpriv", "--reuid=" + NOBODY, "--regid=nogroup", "--clear-groups", "--"));
    }
    command.add(Project.file("build/tools/postgres").resolve(name).toString());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return command;
  }

  private static void finish(String... command) throws IOException {
    finish(List.of(command));
  }

  private static void finish(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new AssertionError(String.join(" ", command) + ": " + said);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
