package dev.dunes.session;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * A schedule of five fields as cron has them: minute, hour, day of month, month, day of week, in
 * UTC. Lists, ranges, steps, and names of months and days are allowed; Sunday is 0 or 7. When both
 * days are restricted, either will do.
 */
final class CronSchedule {
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
  private static final int SUNDAY = 7;

  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet daysOfMonth;
  private final BitSet months;
  private final BitSet daysOfWeek;
  private final boolean eitherDay;

  private CronSchedule(String[] fields) {
    minutes = field("minute", fields[0], 0, 59, List.of(), 0);
    hours = field("hour", fields[1], 0, 23, List.of(), 0);
    daysOfMonth = field("day of month", fields[2], 1, 31, List.of(), 0);
    months = field("month", fields[3], 1, 12, MONTHS, 1);
    daysOfWeek = field("day of week", fields[4], 0, SUNDAY, DAYS, 0);
    if (daysOfWeek.get(SUNDAY)) {
      daysOfWeek.set(0);
    }
    eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
  }

  /**
   * Reads a schedule.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  static CronSchedule parse(String text) {
    String[] fields = text.strip().split("\\s+");
    if (fields.length != 5) {
      throw new IllegalArgumentException("'%s' has not 5 fields".formatted(text));
    }
    return new CronSchedule(fields);
  }

  /** Whether it is time in the minute of this moment. */
  boolean matches(ZonedDateTime moment) {
    ZonedDateTime utc = moment.withZoneSameInstant(ZoneOffset.UTC);
    boolean month = daysOfMonth.get(utc.getDayOfMonth());
    boolean week = daysOfWeek.get(utc.getDayOfWeek().getValue() % SUNDAY);
    return minutes.get(utc.getMinute())
        && hours.get(utc.getHour())
        && months.get(utc.getMonthValue())
        && (eitherDay ? month || week : month && week);
  }

  private static BitSet field(
      String name, String text, int least, int most, List<String> names, int firstName) {
    BitSet set = new BitSet(most + 1);
    for (String part : text.split(",", -1)) {
      String[] stepped = part.split("/", -1);
      if (stepped.length > 2) {
        throw wrong(name, part);
      }
      int step = stepped.length == 2 ? number(name, stepped[1], 1, most, List.of(), 0) : 1;
      String[] range = stepped[0].split("-", -1);
      int from = least;
      int to = most;
      if (!stepped[0].equals("*")) {
        if (range.length > 2) {
          throw wrong(name, part);
        }
        from = number(name, range[0], least, most, names, firstName);
        boolean open = range.length == 1 && stepped.length == 2;
        to =
            range.length == 2
                ? number(name, range[1], least, most, names, firstName)
                : open ? most : from;
      }
      if (from > to) {
        throw wrong(name, part);
      }
      for (int value = from; value <= to; value += step) {
        set.set(value);
      }
    }
    return set;
  }

  private static int number(
      String field, String text, int least, int most, List<String> names, int firstName) {
    int named = names.indexOf(text.toLowerCase(Locale.ROOT));
    if (named >= 0) {
      return named + firstName;
    }
    if (text.matches("\\d{1,4}")) {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    }
    throw wrong(field, text);
  }

  private static IllegalArgumentException wrong(String field, String part) {
    return new IllegalArgumentException("'%s' is no %s".formatted(part, field));
  }
}
