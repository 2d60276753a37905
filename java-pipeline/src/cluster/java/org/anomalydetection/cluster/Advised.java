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
    ElementMatcher.Junction<NamedElement> types = ElementMatchers.nameEndsWith(type);
    new AgentBuilder.Default()
        .disableClassFormatChanges()
        .ignore(ElementMatchers.not(types))
        .with(AgentBuilder.Listener.StreamWriting.toSystemError().withErrorsOnly())
        .type(types)
        .transform(
            (builder, description, loader, module, domain) ->
                builder.visit(
                    Advice.to(advice)
                        .on(
                            ElementMatchers.<MethodDescription>named(method)
                                .and(ElementMatchers.not(ElementMatchers.isBridge())))))
        .installOn(instrumentation);
  }
}
