package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.ZonedDateTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * * *|2026-11-26T10:37:59Z|true",
        "*/15 * * * *|2026-11-26T10:30:00Z|true",
        "*/15 * * * *|2026-11-26T10:31:00Z|false",
        "5/20 * * * *|2026-11-26T10:25:00Z|true",
        "5/20 * * * *|2026-11-26T10:20:00Z|false",
        "0 9-17 * * mon-fri|2026-11-26T09:00:00Z|true",
        "0 9-17 * * MON-FRI|2026-11-28T09:00:00Z|false",
        "0 9 * * 1-5|2026-11-26T11:00:00+02:00|true",
        "0 0 * * 7|2026-11-29T00:00:00Z|true",
        "0 0 * * sun|2026-11-29T00:00:00Z|true",
        "0 0 29 2 *|2028-02-29T00:00:00Z|true",
        "0 0 1 jan,jul *|2027-07-01T00:00:00Z|true",
        "0 0 1 jan,jul *|2027-06-01T00:00:00Z|false",
        "0 0 13 * fri|2026-11-13T00:00:00Z|true",
        "0 0 13 * fri|2026-11-20T00:00:00Z|true",
        "0 0 13 * fri|2026-11-19T00:00:00Z|false",
        "0 0 */2 * fri|2026-11-27T00:00:00Z|true",
        "0 0 */2 * fri|2026-11-26T00:00:00Z|false",
        "1,2,50-59/3 * * * *|2026-11-26T10:56:00Z|true"
      })
  void matches(String schedule, String moment, boolean expected) {
    assertThat(CronSchedule.parse(schedule).matches(ZonedDateTime.parse(moment)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "a * * * *",
        "*/0 * * * *",
        "5-1 * * * *",
        "1-2-3 * * * *",
        "1/2/3 * * * *",
        ", * * * *",
        "-1 * * * *",
        "* * * foo *",
        "@daily"
      })
  void refuses(String schedule) {
    assertThatThrownBy(() -> CronSchedule.parse(schedule))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
