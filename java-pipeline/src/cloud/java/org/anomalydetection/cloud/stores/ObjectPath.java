package org.anomalydetection.cloud.stores;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where an object is, as Beam names it. */
record ObjectPath(String bucket, String key) {
  private static final Pattern FORM = Pattern.compile("[a-z0-9]+://([^/]+)/(.+)");

  static ObjectPath of(String path) {
    Matcher matcher = FORM.matcher(path);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("expected an object in a bucket, found " + path);
    }
    return new ObjectPath(matcher.group(1), matcher.group(2));
  }
}
