package org.anomalydetection.engine;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineTest {
  private static final Duration GRACE = Duration.ofMillis(500);

  /** Of a cluster: nothing is started. */
  private static final Engine.Settings RUNNING_ALREADY =
      new Engine.Settings(
          Optional.of("localhost:1"),
          Optional.of("localhost:2"),
          Optional.empty(),
          Optional.empty());

  @TempDir Path folder;

  @Test
  void shouldStartPrismAndEndIt() {
    Prism prism = Prism.start(Executables.prism().orElseThrow(), folder.resolve("log"));
    assertThat(prism.endpoint(), startsWith("localhost:"));
    prism.requireAlive();
    prism.close();
    EngineException e = assertThrows(EngineException.class, prism::requireAlive);
    assertThat(e.getMessage(), containsString("ended with exit code"));
    prism.close();
  }

  @Test
  void shouldTakeAnotherPortWhereOneIsTaken() throws IOException {
    String executable = Executables.prism().orElseThrow();
    try (ServerSocket taken = new ServerSocket(0);
        Prism prism = Prism.start(executable, taken.getLocalPort(), folder.resolve("log"))) {
      assertThat(prism.endpoint(), not("localhost:" + taken.getLocalPort()));
      prism.requireAlive();
    }
  }

  @Test
  void shouldSayThatAPortIsTakenAgainAndAgain() throws IOException {
    String script = script("echo address already in use >&2; exit 1");
    try (Prism prism = Prism.start(script, folder.resolve("log"))) {
      EngineException e = assertThrows(EngineException.class, prism::endpoint);
      assertThat(e.getMessage(), containsString("port "));
      assertThat(e.getMessage(), containsString("address already in use"));
    }
  }

  @Test
  void shouldHandOverWhatWasStartedAhead() throws IOException {
    String script = script("echo ready 127.0.0.1:4711; cat");
    Engine.Settings settings =
        new Engine.Settings(
            Optional.of("localhost:1"), Optional.empty(), Optional.empty(), Optional.of(script));
    try (Ahead ahead = Ahead.start(Optional.of(script))) {
      PythonService service = ahead.python(script);
      assertEquals("127.0.0.1:4711", service.address());
      ahead.close();
      service.requireAlive();
      service.close();
    }
    Path logs;
    try (Ahead ahead = Ahead.start(Optional.of(script));
        Engine engine = Engine.start(settings, ahead, PipelineOptionsFactory.create())) {
      logs = ahead.logs();
      assertEquals("127.0.0.1:4711", engine.expansionService());
    }
    assertFalse(Files.exists(logs));
  }

  @Test
  void shouldEndWhatWasStartedAheadAndIsNotWanted() throws IOException {
    Path pids = folder.resolve("pids");
    String script = script("echo $$ >> " + pids + "; echo ready 127.0.0.1:4711; cat");
    Ahead unused = Ahead.start(Optional.of(script));
    Path logs = unused.logs();
    await(pids, 1);
    unused.close();
    assertFalse(Files.exists(logs));
    try (Ahead other = Ahead.start(Optional.of(script))) {
      await(pids, 2);
      assertEquals("ready 1", other.python(script("echo ready ready 1; cat")).address());
    }
    for (String pid : Files.readAllLines(pids)) {
      boolean alive =
          ProcessHandle.of(Long.parseLong(pid)).map(ProcessHandle::isAlive).orElse(false);
      assertFalse(alive);
    }
  }

  @Test
  void shouldLeaveItToTheEngineToSayWhatCannotBeStarted() {
    try (Ahead ahead = Ahead.start(Optional.of("/no/such"))) {
      EngineException e = assertThrows(EngineException.class, () -> ahead.python("/no/such"));
      assertThat(e.getMessage(), containsString("cannot be started"));
    }
  }

  private static void await(Path file, int lines) throws IOException {
    while (!Files.exists(file) || Files.readAllLines(file).size() < lines) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldShowTheLogOfAServiceThatDoesNotStart() throws IOException {
    String script = script("echo 'no module named torch' >&2; exit 3");
    PythonService service = PythonService.start(script, folder.resolve("log"));
    EngineException e = assertThrows(EngineException.class, service::address);
    assertThat(e.getMessage(), containsString("ended with exit code 3; the end of its log:"));
    assertThat(e.getMessage(), containsString("no module named torch"));
  }

  @Test
  void shouldShowOnlyTheEndOfALongLog() throws IOException {
    String script = script("for i in $(seq 1 500); do echo line-$i- >&2; done; exit 1");
    PythonService service = PythonService.start(script, folder.resolve("log"));
    EngineException e = assertThrows(EngineException.class, service::address);
    assertThat(e.getMessage(), containsString("line-500-"));
    assertFalse(e.getMessage().contains("line-480-"), e.getMessage());
  }

  @Test
  void shouldReadTheAddressAndEndWithItsInput() throws IOException {
    String script = script("echo loading; echo ready 127.0.0.1:4711; cat");
    PythonService service = PythonService.start(script, folder.resolve("log"));
    assertEquals("127.0.0.1:4711", service.address());
    service.requireAlive();
    service.close();
    assertThrows(EngineException.class, service::requireAlive);
  }

  @Test
  void shouldEndByForceWhatDoesNotEnd() throws IOException {
    ServerProcess server =
        ServerProcess.start(
            "stubborn",
            List.of(script("trap '' TERM; echo ready; while true; do sleep 0.1; done")),
            folder.resolve("log"),
            GRACE);
    server.output().read();
    server.close();
    assertThrows(EngineException.class, server::requireAlive);
  }

  @Test
  void shouldNotWaitForever() throws IOException {
    try (ServerProcess server =
        ServerProcess.start("mute", List.of(script("sleep 60")), folder.resolve("log"), GRACE)) {
      EngineException e =
          assertThrows(
              EngineException.class,
              () -> server.await(Duration.ofMillis(100), Optional::<String>empty));
      assertThat(e.getMessage(), containsString("mute was not ready within 0 s"));
    }
  }

  @Test
  void shouldSayThatACommandCannotBeStarted() {
    EngineException e =
        assertThrows(
            EngineException.class,
            () -> ServerProcess.start("Prism", List.of("/no/such"), folder.resolve("log"), GRACE));
    assertThat(e.getMessage(), startsWith("Prism cannot be started:"));
  }

  @Test
  void shouldEndTheServiceWhenPrismDoesNotStart() throws IOException {
    Path pid = folder.resolve("pid");
    Engine.Settings settings =
        new Engine.Settings(
            Optional.empty(),
            Optional.empty(),
            Optional.of(script("while [ ! -s " + pid + " ]; do sleep 0.05; done; exit 9")),
            Optional.of(script("echo $$ > " + pid + "; cat")));
    EngineException e =
        assertThrows(
            EngineException.class, () -> Engine.start(settings, PipelineOptionsFactory.create()));
    assertThat(e.getMessage(), containsString("ended with exit code 9"));
    long number = Long.parseLong(Files.readString(pid).strip());
    assertFalse(ProcessHandle.of(number).map(ProcessHandle::isAlive).orElse(false));
  }

  @Test
  void shouldUseWhatRunsAlready() {
    PortablePipelineOptions options =
        PipelineOptionsFactory.create().as(PortablePipelineOptions.class);
    try (Engine engine = Engine.start(RUNNING_ALREADY, options)) {
      assertEquals("localhost:1", options.getJobEndpoint());
      assertEquals("localhost:2", engine.expansionService());
      assertEquals("EXTERNAL", options.getDefaultEnvironmentType());
      engine.requireAlive();
    }
  }

  @Test
  void shouldGiveTwoJobsOfOneNameDifferentOnes() {
    String first = nameOfJob();
    String second = nameOfJob();
    assertThat(first, startsWith("follow-"));
    assertThat(second, startsWith("follow-"));
    assertThat(second, not(first));
  }

  private static String nameOfJob() {
    PipelineOptions options = PipelineOptionsFactory.fromArgs("--jobName=follow").create();
    try (Engine engine = Engine.start(RUNNING_ALREADY, options)) {
      engine.requireAlive();
      return options.getJobName();
    }
  }

  @Test
  void shouldKeepTheEnvironmentThatIsAskedFor() {
    PortablePipelineOptions options =
        PipelineOptionsFactory.fromArgs("--defaultEnvironmentType=DOCKER")
            .as(PortablePipelineOptions.class);
    try (Engine engine = Engine.start(RUNNING_ALREADY, options)) {
      assertEquals("DOCKER", options.getDefaultEnvironmentType());
      assertEquals(null, options.getFilesToStage());
    }
  }

  @Test
  void shouldSendNothingToAPoolThatHasTheClasses() {
    PortablePipelineOptions options =
        PipelineOptionsFactory.fromArgs(
                "--defaultEnvironmentType=EXTERNAL", "--defaultEnvironmentConfig=localhost:3")
            .as(PortablePipelineOptions.class);
    try (Engine engine = Engine.start(RUNNING_ALREADY, options)) {
      assertEquals(List.of(), options.getFilesToStage());
      assertEquals("localhost:3", options.getDefaultEnvironmentConfig());
    }
  }

  private String script(String body) throws IOException {
    Path script =
        Files.createTempFile(
            folder,
            "script",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    return Files.writeString(script, "#!/bin/sh\n" + body + "\n").toString();
  }
}
