package org.anomalydetection.cluster;

import java.lang.instrument.Instrumentation;
import java.util.ArrayList;
import java.util.List;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.NamedElement;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.utility.JavaModule;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A class of Beam whose methods are changed, where Beam has no option for it. A process in which
 * that cannot be done, as with a class of another version, would run without protection: it ends.
 */
public final class Advised {
  private static final ClassLoader CLASS_PATH = Advised.class.getClassLoader();

  private final String type;
  private final List<Place> places = new ArrayList<>();

  /** Whether the class of the class path has the advice in it. */
  private volatile boolean inEffect;

  private Advised(String type) {
    this.type = type;
  }

  /** Where advice stands. */
  private record Place(
      String name, ElementMatcher<? super MethodDescription> methods, Class<?> advice) {}

  /** Names a class. */
  public static Advised type(String name) {
    return new Advised(name);
  }

  /** Has advice stand in a method, whatever arguments it takes. */
  public Advised method(String name, Class<?> advice) {
    places.add(
        new Place(
            "a method " + name,
            ElementMatchers.<MethodDescription>named(name)
                .and(ElementMatchers.not(ElementMatchers.isBridge()))
                .and(ElementMatchers.not(ElementMatchers.isAbstract())),
            advice));
    return this;
  }

  /** Has advice stand in all constructors. */
  Advised constructors(Class<?> advice) {
    places.add(new Place("a constructor", ElementMatchers.isConstructor(), advice));
    return this;
  }

  /**
   * Takes effect on the class, which has to be on the class path of this process: it is loaded, and
   * not initialized, to see to that, and the process ends where it is missing or is not as the
   * advice needs it.
   *
   * <p>Advice works with the classes of the class path. A copy that a job brings in its own jar
   * fails as soon as one is made, and with it that job alone.
   */
  public void install(Instrumentation instrumentation) {
    install(instrumentation, ElementMatchers.named(type), CLASS_PATH);
    try {
      Class.forName(type, false, CLASS_PATH);
    } catch (ClassNotFoundException | LinkageError e) {
      Refusal.end("expected " + type + " on the class path, found " + e);
    }
    if (!inEffect) {
      Refusal.end(
          "expected "
              + type
              + " not to be loaded yet, found it loaded; let this -javaagent be the first");
    }
  }

  /**
   * Takes effect on all classes whose names end as this one's, once they are loaded, whatever jar
   * they are in. The advice must work with none but Java's own classes.
   */
  void installInAll(Instrumentation instrumentation) {
    install(instrumentation, ElementMatchers.nameEndsWith(type), null);
  }

  /** Installs the advice in classes of one loader, or of all. */
  private void install(
      Instrumentation instrumentation,
      ElementMatcher.Junction<NamedElement> types,
      @Nullable ClassLoader only) {
    new AgentBuilder.Default()
        .disableClassFormatChanges()
        .ignore(ElementMatchers.not(types))
        .with(new Watch())
        .type(types)
        .transform(
            (builder, found, loader, module, domain) ->
                only == null || loader == only
                    ? advise(builder, found)
                    : builder.visit(Advice.to(Copied.class).on(ElementMatchers.isConstructor())))
        .installOn(instrumentation);
  }

  private DynamicType.Builder<?> advise(DynamicType.Builder<?> builder, TypeDescription found) {
    DynamicType.Builder<?> advised = builder;
    for (Place place : places) {
      if (found.getDeclaredMethods().filter(place.methods()).isEmpty()) {
        throw new IllegalStateException("it lacks " + place.name());
      }
      advised = advised.visit(Advice.to(place.advice()).on(place.methods()));
    }
    return advised;
  }

  /** Sees whether advice takes effect. */
  private final class Watch extends AgentBuilder.Listener.Adapter {
    @Override
    public void onTransformation(
        TypeDescription found,
        @Nullable ClassLoader loader,
        @Nullable JavaModule module,
        boolean loaded,
        DynamicType advised) {
      inEffect |= loader == CLASS_PATH;
    }

    @Override
    public void onError(
        String name,
        @Nullable ClassLoader loader,
        @Nullable JavaModule module,
        boolean loaded,
        Throwable error) {
      Refusal.end(
          String.format(
              "expected %s as in the version of Beam that this agent is built for, found it"
                  + " otherwise: %s; it is that of %s",
              name,
              error.getMessage(),
              loader == null ? "Java" : loader.getResource(name.replace('.', '/') + ".class")));
    }
  }

  /** Stands at the end of the constructors of a copy. */
  private static final class Copied {
    private Copied() {}

    @Advice.OnMethodExit
    @SuppressWarnings("DoNotCallSuggester") // nobody calls it
    static void exit(@Advice.Origin("#t") String type) {
      throw new IllegalStateException(
          String.format(
              "expected %s of the class path of this process, found a copy in the jar of the job;"
                  + " leave Beam out of it",
              type));
    }
  }
}
