package org.anomalydetection.pipeline;

import java.beans.Introspector;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.anomalydetection.engine.Executables;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Turns arguments into options, and says of all of them at once what cannot be understood. */
final class CommandLine {
  private static final int LIKELY_TYPO = 4;
  private static final Pattern AWS_KEYS =
      Pattern.compile("static|secret", Pattern.CASE_INSENSITIVE);
  private static final String AWS_LOGIN = "awsCredentialsProvider";

  /** Options whose values are keys, or may be, and what to do instead. */
  private static final Map<String, String> KEYS =
      Map.of(
          AWS_LOGIN,
          "put them into the environment or ~/.aws/credentials",
          "SSECustomerKey",
          "have the bucket encrypt by itself, or name a key that AWS keeps by --SSEKMSKeyId");

  private static final String PYTHON = "--python=";
  private static final String RUNNER = "--runner=";

  private CommandLine() {}

  /** Tells whether somebody asks what the options are. */
  static boolean asksForHelp(String... args) {
    for (String arg : args) {
      if (arg.equals("--help") || arg.equals("-h") || arg.equals("--help=true")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the Python command of a run with these arguments as far as can be told at once, nothing
   * where the run starts none.
   */
  static Optional<String> pythonAhead(String... args) {
    Optional<String> command = Executables.python();
    for (String arg : args) {
      if (arg.startsWith("--expansionService=") || isOfAnotherRunner(arg)) {
        return Optional.empty();
      }
      if (arg.startsWith(PYTHON)) {
        command = Executables.program(arg.substring(PYTHON.length()));
      }
    }
    return asksForHelp(args) ? Optional.empty() : command;
  }

  private static boolean isOfAnotherRunner(String arg) {
    return arg.startsWith(RUNNER) && !arg.equals(RUNNER + PortableRunner.class.getSimpleName());
  }

  /**
   * Reads arguments of the form {@code --name=value}.
   *
   * @throws UsageException if there is an unknown option or a value of another type
   */
  static ScoringOptions parse(String... args) {
    PipelineOptionsFactory.register(ScoringOptions.class);
    Map<String, Class<?>> known = knownOptions();
    List<String> problems = new ArrayList<>();
    Set<String> given = new HashSet<>();
    String last = "";
    for (String arg : args) {
      boolean isOption = arg.startsWith("--");
      last = isOption ? name(arg) : last;
      if (isOption || !KEYS.containsKey(last)) {
        problem(arg, known, given).ifPresent(problems::add);
      } else {
        // What a space has cut off a key is not to be repeated.
        problems.add(String.format("--%s: expected one argument, found more behind it", last));
      }
    }
    if (!problems.isEmpty()) {
      throw new UsageException(problems);
    }
    String[] plain = Arrays.stream(args).map(FileUris::plain).toArray(String[]::new);
    ScoringOptions options = PipelineOptionsFactory.fromArgs(plain).as(ScoringOptions.class);
    if (!given.contains("runner")) {
      options.setRunner(PortableRunner.class);
    }
    return options;
  }

  private static Optional<String> problem(
      String arg, Map<String, Class<?>> known, Set<String> given) {
    if (!arg.startsWith("--")) {
      return Optional.of(arg + ": expected --option=value; --help lists the options");
    }
    String name = name(arg);
    Class<?> type = known.get(name);
    if (type == null) {
      return Optional.of(
          "--"
              + name
              + ": unknown option"
              + suggestion(name, known.keySet())
              + "; --help lists them");
    }
    if (KEYS.containsKey(name) && (!name.equals(AWS_LOGIN) || AWS_KEYS.matcher(arg).find())) {
      return Optional.of(
          String.format(
              "--%s: expected no keys on the command line, where others see them; %s",
              name, KEYS.get(name)));
    }
    if (!given.add(name) && !Collection.class.isAssignableFrom(type)) {
      return Optional.of("--" + name + ": expected once, found again");
    }
    Optional<String> noPath = FileUris.problem(arg);
    if (noPath.isPresent()) {
      return noPath;
    }
    try {
      PipelineOptionsFactory.fromArgs(arg).as(ScoringOptions.class);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      String found = arg.contains("=") ? arg.substring(arg.indexOf('=') + 1) : "no value";
      return Optional.of(
          String.format("--%s: expected %s, found %s", name, expected(name, type), found));
    }
  }

  private static String expected(String name, Class<?> type) {
    if (name.equals("runner")) {
      return "PortableRunner or, with the libraries of `make cloud`, DataflowRunner";
    }
    return switch (type.getSimpleName()) {
      case "Integer", "int", "Long", "long" -> "a whole number";
      case "Double", "double" -> "a number";
      case "Boolean", "boolean" -> "true or false";
      default -> "a value of type " + type.getSimpleName();
    };
  }

  private static String suggestion(String name, Set<String> known) {
    LevenshteinDistance distance = new LevenshteinDistance(LIKELY_TYPO);
    String lower = name.toLowerCase(Locale.ROOT);
    Comparator<String> closest =
        Comparator.comparingInt(
            option -> {
              int edits = distance.apply(lower, option.toLowerCase(Locale.ROOT));
              return edits < 0 ? Integer.MAX_VALUE : edits;
            });
    return known.stream()
        .min(closest)
        .filter(option -> distance.apply(lower, option.toLowerCase(Locale.ROOT)) >= 0)
        .map(option -> "; did you mean --" + option + "?")
        .orElse("");
  }

  /** Returns the options of all interfaces that Beam knows, each with the type of its value. */
  private static Map<String, Class<?>> knownOptions() {
    Map<String, Class<?>> known = new TreeMap<>();
    for (Class<? extends PipelineOptions> options : PipelineOptionsFactory.getRegisteredOptions()) {
      for (Method method : options.getMethods()) {
        if (method.getParameterCount() == 0) {
          property(method.getName()).ifPresent(name -> known.put(name, method.getReturnType()));
        }
      }
    }
    return known;
  }

  /** Returns the name of an option as it is given in an argument. */
  private static String name(String arg) {
    return arg.substring(2).split("=", 2)[0];
  }

  /** Returns the name of the option that a method returns, nothing if it returns none. */
  private static Optional<String> property(String getter) {
    int prefix = getter.startsWith("get") ? 3 : getter.startsWith("is") ? 2 : 0;
    return prefix == 0 || getter.length() == prefix
        ? Optional.empty()
        : Optional.of(Introspector.decapitalize(getter.substring(prefix)));
  }
}
