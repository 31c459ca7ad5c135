package dev.dunes.gateway.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceTableTest {
  private static final TokenCounts MILLION_EACH = new TokenCounts(100_000, 0, 0, 0, 1_000_000);

  private final PriceTable table = PriceTable.builtIn();

  @ParameterizedTest
  @CsvSource({
    "claude-sonnet-4-5-20250929, 15.3",
    "claude-sonnet-4-5@20250929, 15.3",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0, 15.3",
    "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0, 15.3",
    "anthropic/claude-sonnet-4.5, 15.3",
    "anthropic.claude-3-5-sonnet-20241022-v2:0, 15.3",
    "Claude-Sonnet-4, 15.3",
    "claude-opus-4-5, 25.5",
    "anthropic/claude-opus-4.5, 25.5",
    "claude-opus-4-1-20250805, 76.5",
    "claude-haiku-4-5, 5.1",
    "gpt-5-mini-2025-08-07, 2.025",
    "gpt-5, 10.125",
    "gemini-2.5-pro, 10.125",
    "models/gemini-2.5-flash, 2.53",
    "somebody-elses, 76.5"
  })
  void namesOfOneModelHaveOnePrice(String model, double usd) {
    assertThat(table.costUsd(model, MILLION_EACH)).isCloseTo(usd, within(1e-9));
  }

  @Test
  void longInputsCostMoreWhereTheVendorSaysSo() {
    TokenCounts longInput = new TokenCounts(0, 300_000, 0, 0, 100_000);
    assertThat(table.costUsd("claude-sonnet-4-5", longInput))
        .isCloseTo(0.3 * 0.6 + 0.1 * 22.5, within(1e-9));
    assertThat(table.costUsd("claude-opus-4-5", longInput))
        .isCloseTo(0.3 * 0.5 + 0.1 * 25, within(1e-9));
  }

  @Test
  void knowsWhatItDoesNotKnow() {
    assertThat(table.knows("claude-opus-4-5")).isTrue();
    assertThat(table.knows("somebody-elses")).isFalse();
    assertThat(table.knows("")).isFalse();
  }
}
