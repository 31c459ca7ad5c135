package dev.dunes.gateway.signing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Google service account, from its JSON key file.
 *
 * @param email who it is
 * @param keyId which of its keys this is
 * @param key signs
 * @param tokenUri where tokens are to be had
 */
record ServiceAccount(String email, String keyId, PrivateKey key, URI tokenUri) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
  private static final long LIFETIME = 3600;
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

  /**
   * @throws IOException when the file cannot be read or is not one; without its content
   */
  static ServiceAccount read(Path file) throws IOException {
    JsonNode json;
    try {
      json = JSON.readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      throw new IOException(file + " is no JSON"); // a cause would quote the key
    }
    URI tokenUri =
        URI.create(json.path("token_uri").asString("https://oauth2.googleapis.com/token"));
    boolean safe =
        "https".equals(tokenUri.getScheme())
            || LOOPBACK.contains(String.valueOf(tokenUri.getHost()));
    if (!safe) {
      throw new IOException(file + ": token_uri is not https");
    }
    return new ServiceAccount(
        text(file, json, "client_email"),
        json.path("private_key_id").asString(""),
        privateKey(file, text(file, json, "private_key")),
        tokenUri);
  }

  private static String text(Path file, JsonNode json, String field) throws IOException {
    String value = json.path(field).asString("");
    if (value.isEmpty()) {
      throw new IOException(file + " is no service account key: " + field + " is missing");
    }
    return value;
  }

  private static PrivateKey privateKey(Path file, String pem) throws IOException {
    try {
      byte[] bytes = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
      return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(bytes));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(file + ": private_key is no RSA key in PKCS #8");
    }
  }

  /** A signed statement who asks (RFC 7523), good for an hour. */
  Secret assertion(Instant now) {
    String header =
        JSON.createObjectNode().put("alg", "RS256").put("typ", "JWT").put("kid", keyId).toString();
    String claims =
        JSON.createObjectNode()
            .put("iss", email)
            .put("scope", SCOPE)
            .put("aud", tokenUri.toString())
            .put("iat", now.getEpochSecond())
            .put("exp", now.getEpochSecond() + LIFETIME)
            .toString();
    String signed = base64(header.getBytes(UTF_8)) + "." + base64(claims.getBytes(UTF_8));
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(signed.getBytes(US_ASCII));
      return Secret.of(signed + "." + base64(signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // the key was an RSA key when it was read
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  @Override
  public String toString() {
    return "ServiceAccount[" + email + "]";
  }
}
