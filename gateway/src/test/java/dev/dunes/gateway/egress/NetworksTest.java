package dev.dunes.gateway.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworksTest {
  private final Networks networks = new Networks(List.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "fc00::1",
        "fd00:ec2::254",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "100::1",
        "4000::1"
      })
  void notPublic(String address) {
    assertThat(networks.refused(InetAddress.ofLiteral(address))).as(address).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.15",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1",
        "2a00:1450::1",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101"
      })
  void isPublic(String address) {
    assertThat(networks.refused(InetAddress.ofLiteral(address))).as(address).isEmpty();
  }

  @Test
  void noAddressOfThisMachine() throws Exception {
    for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
      each.inetAddresses()
          .forEach(address -> assertThat(networks.refused(address)).as("" + address).isPresent());
    }
  }

  @Test
  void whatAnOperatorNamesCanBeReached() {
    Networks own = new Networks(List.of("10.1.2.0/24", "fd00::/16"));
    assertThat(own.refused(InetAddress.ofLiteral("10.1.2.255"))).isEmpty();
    assertThat(own.refused(InetAddress.ofLiteral("::ffff:10.1.2.255"))).isEmpty();
    assertThat(own.refused(InetAddress.ofLiteral("10.1.3.0"))).isPresent();
    assertThat(own.refused(InetAddress.ofLiteral("fd00:1::1"))).isEmpty();
    assertThat(own.refused(InetAddress.ofLiteral("fd01::1"))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "x/8", "", "10.0.0.0/x"})
  void whatIsNoNetwork(String cidr) {
    assertThatThrownBy(() -> new Networks(List.of(cidr)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("CIDR");
  }
}
