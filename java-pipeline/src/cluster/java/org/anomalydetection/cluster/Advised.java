package org.anomalydetection.cluster;

import java.lang.instrument.Instrumentation;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.NamedElement;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.matcher.ElementMatchers;

/** Changes what methods of Beam do where it has no option for it. */
public final class Advised {
  private Advised() {}

  /**
   * Has advice stand in a method, once its class is loaded; an error is told on standard error.
   *
   * @param type how the name of the class ends
   */
  public static void method(
      Instrumentation instrumentation, String type, String method, Class<?> advice) {
    advise(
        instrumentation,
        type,
        ElementMatchers.<MethodDescription>named(method)
            .and(ElementMatchers.not(ElementMatchers.isBridge())),
        advice);
  }

  /** Has advice stand in all constructors of a class, likewise. */
  static void constructors(Instrumentation instrumentation, String type, Class<?> advice) {
    advise(instrumentation, type, ElementMatchers.isConstructor(), advice);
  }

  private static void advise(
      Instrumentation instrumentation,
      String type,
      ElementMatcher<? super MethodDescription> method,
      Class<?> advice) {
    ElementMatcher.Junction<NamedElement> types = ElementMatchers.nameEndsWith(type);
    new AgentBuilder.Default()
        .disableClassFormatChanges()
        .ignore(ElementMatchers.not(types))
        .with(AgentBuilder.Listener.StreamWriting.toSystemError().withErrorsOnly())
        .type(types)
        .transform(
            (builder, description, loader, module, domain) ->
                builder.visit(Advice.to(advice).on(method)))
        .installOn(instrumentation);
  }
}
