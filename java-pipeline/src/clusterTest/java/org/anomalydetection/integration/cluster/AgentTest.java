package org.anomalydetection.integration.cluster;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.description.modifier.Visibility;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.implementation.StubMethod;
import org.apache.beam.sdk.fn.data.BeamFnDataInboundObserver;
import org.apache.beam.sdk.fn.stream.DirectStreamObserver;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.stub.CallStreamObserver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes whose class path is of another Beam than the agent: they would run unprotected. */
class AgentTest {
  private static final String PATH = System.getProperty("java.class.path");
  private static final String STREAM = DirectStreamObserver.class.getName();
  private static final String OUTPUT = BeamFnDataInboundObserver.class.getName();

  @TempDir Path folder;

  /** What a process says that started. */
  public static final class Program {
    private Program() {}

    public static void main(String[] args) {
      System.out.println("started");
    }
  }

  /** An agent that loads a class. */
  public static final class Early {
    private Early() {}

    public static void premain(String name) throws ClassNotFoundException {
      Class.forName(name, false, ClassLoader.getSystemClassLoader());
    }
  }

  @Test
  void shouldStartWithTheBeamThatTheAgentIsFor() throws Exception {
    Ended ended = start(PATH);
    assertEquals("started\n", ended.out());
    assertEquals(0, ended.exitCode(), ended.err());
  }

  @Test
  void shouldNotStartWithoutAFieldThatIsNeeded() throws Exception {
    save(stream().defineField("outboundObserver", CallStreamObserver.class));
    String said = refused(folder + File.pathSeparator + PATH);
    assertThat(said, startsWith("expected " + STREAM + " as in the version of Beam"));
    assertThat(said, containsString("phaser"));
    assertThat(said, containsString("that of file:" + folder));
  }

  @Test
  void shouldNotStartWhereAFieldIsOfAnotherType() throws Exception {
    save(
        stream()
            .defineField("outboundObserver", String.class)
            .defineField("phaser", Phaser.class)
            .defineField("numMessages", int.class));
    assertThat(
        refused(folder + File.pathSeparator + PATH),
        containsString("Cannot assign java.lang.String"));
  }

  @Test
  void shouldNotStartWithoutAMethodThatIsNeeded() throws Exception {
    save(type(OUTPUT, "accept", "close"));
    assertThat(
        refused(folder + File.pathSeparator + PATH),
        containsString("it lacks a method multiplexElements"));
  }

  @Test
  void shouldNotStartWithoutAClassThatIsNeeded() throws Exception {
    assertThat(
        refused(without("beam-runners-java-fn-execution")),
        containsString("SdkHarnessClient$BundleProcessor$ActiveBundle on the class path, found"));
  }

  @Test
  void shouldNotStartWithoutBeam() throws Exception {
    assertThat(
        refused(without("beam-vendor-grpc")),
        startsWith(
            "expected the jars of the folder lib beside this agent on the class path, found"));
  }

  @Test
  void shouldNotStartWhereAnotherAgentHasLoadedAClassBefore() throws Exception {
    assertThat(
        refused(PATH, "-javaagent:" + earlyAgent() + "=" + STREAM),
        startsWith("expected " + STREAM + " not to be loaded yet, found it loaded"));
  }

  private static DynamicType.Builder<Object> stream() {
    return type(STREAM, "onNext", "onCompleted", "onError");
  }

  private static DynamicType.Builder<Object> type(String name, String... methods) {
    DynamicType.Builder<Object> made = new ByteBuddy().subclass(Object.class).name(name);
    for (String method : methods) {
      made =
          made.defineMethod(method, void.class, Visibility.PUBLIC)
              .withParameters(Object.class)
              .intercept(StubMethod.INSTANCE);
    }
    return made;
  }

  private void save(DynamicType.Builder<?> type) throws IOException {
    try (DynamicType.Unloaded<?> made = type.make()) {
      made.saveIn(folder.toFile());
    }
  }

  private static String without(String jar) {
    return Arrays.stream(PATH.split(File.pathSeparator))
        .filter(path -> !new File(path).getName().startsWith(jar))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private Path earlyAgent() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", Early.class.getName());
    Path jar = folder.resolve("early.jar");
    try (OutputStream file = Files.newOutputStream(jar)) {
      new JarOutputStream(file, manifest).close();
    }
    return jar;
  }

  /** Returns why a process does not start. */
  private String refused(String classPath, String... options) throws Exception {
    Ended ended = start(classPath, options);
    assertEquals("", ended.out());
    assertEquals(1, ended.exitCode(), ended.err());
    List<String> lines = ended.err().lines().filter(line -> !line.startsWith("SLF4J")).toList();
    assertEquals(1, lines.size(), ended.err());
    String refusing = "refusing to run: ";
    assertThat(lines.get(0), startsWith(refusing));
    return lines.get(0).substring(refusing.length());
  }

  /** Starts a process with other agents, and then that of the tests. */
  private Ended start(String classPath, String... options) throws Exception {
    List<String> command =
        Stream.of(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                Stream.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                Stream.of(options),
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                    .filter(argument -> argument.startsWith("-javaagent:")),
                Stream.of("-cp", classPath, Program.class.getName()))
            .flatMap(words -> words)
            .toList();
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the process goes on: " + command);
      }
    } finally {
      process.destroyForcibly();
    }
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private record Ended(int exitCode, String out, String err) {}
}
