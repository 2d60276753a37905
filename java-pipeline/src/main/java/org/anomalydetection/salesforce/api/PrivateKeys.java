package org.anomalydetection.salesforce.api;

import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads RSA keys in PEM (RFC 7468), of which errors show nothing. */
final class PrivateKeys {
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
  private static final String CONVERT =
      "; convert it: openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW_KEY";

  private PrivateKeys() {}

  /**
   * Returns the key of a text.
   *
   * @param where what the text is called in messages
   */
  static PrivateKey parse(String where, String text) throws SalesforceException {
    String expected = where + ": expected an RSA key in PKCS#8 PEM (BEGIN PRIVATE KEY), found ";
    Matcher pem = PEM.matcher(text);
    if (!pem.find()) {
      throw SalesforceException.configuration(expected + "no PEM");
    }
    String type = pem.group(1);
    if (!type.equals("PRIVATE KEY")) {
      boolean convertible = type.endsWith("PRIVATE KEY");
      throw SalesforceException.configuration(expected + type + (convertible ? CONVERT : ""));
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(pem.group(2));
      return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (IllegalArgumentException | InvalidKeySpecException e) {
      throw SalesforceException.configuration(expected + "another or a broken key");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
