package org.anomalydetection.salesforce.api;

import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;

/**
 * What a server answered.
 *
 * @param body what it sent, unpacked
 */
@SuppressWarnings("ArrayRecordComponent") // it is handed on, never compared
record Answer(int status, HttpHeaders headers, byte[] body) {
  boolean isGood() {
    return status >= 200 && status < 300;
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** Returns a header, empty if there is none. */
  String header(String name) {
    return headers.firstValue(name).orElse("");
  }
}
