package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import io.grpc.Server;
import io.grpc.TlsServerCredentials;
import io.grpc.okhttp.OkHttpServerBuilder;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whom the credentials are told. */
@Timeout(60)
class ModalTlsTest {
  private static final String PASSWORD = "changeit";

  @TempDir Path place;

  private Server server(AtomicInteger calls) throws Exception {
    Path store = place.resolve("keys");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "modal",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes());
    assertThat(keytool.waitFor()).as(said).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    return OkHttpServerBuilder.forPort(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            TlsServerCredentials.newBuilder().keyManager(managers.getKeyManagers()).build())
        .fallbackHandlerRegistry(FakeCall.registry(call -> calls.incrementAndGet()))
        .build()
        .start();
  }

  @Test
  void aServerNobodyVouchesForIsToldNothing() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    Server server = server(calls);
    ProviderSettings settings =
        new ProviderSettings(
            Map.of(
                "modal_token_id",
                "ak-1",
                "modal_token_secret",
                "as-1",
                "modal_server_url",
                "https://localhost:" + server.getPort()),
            Map.of("HOME", place.toString()));
    try (SandboxProvider provider = new ModalSandboxProviderFactory().open(settings)) {
      assertThatThrownBy(provider::healthCheck)
          .isInstanceOfSatisfying(
              ProviderException.class,
              thrown -> {
                StringWriter trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace));
                assertThat(trace.toString()).contains("certification path");
              });
      assertThat(calls).hasValue(0);
    } finally {
      server.shutdownNow();
      server.awaitTermination(10, TimeUnit.SECONDS);
    }
  }
}
