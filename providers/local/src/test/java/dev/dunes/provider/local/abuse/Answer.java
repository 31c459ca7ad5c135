package dev.dunes.provider.local.abuse;

import java.util.LinkedHashMap;
import java.util.Map;

/** What came of an attempt of {@code probe.py}. */
record Answer(Verdict verdict, String detail) {
  enum Verdict {
    /** It worked. */
    OPEN,
    /** The kernel refused it. */
    DENIED,
    /** The kernel ended the process for trying. */
    KILLED,
    /** The probe is broken: proves nothing. */
    ERROR
  }

  boolean open() {
    return verdict == Verdict.OPEN;
  }

  boolean refused() {
    return verdict == Verdict.DENIED || verdict == Verdict.KILLED;
  }

  /** Lines of name, verdict and detail. */
  static Map<String, Answer> parse(String output) {
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (String line : output.split("\n")) {
      String[] fields = line.split("\t", 3);
      if (fields.length == 3) {
        answers.put(fields[0], new Answer(Verdict.valueOf(fields[1]), fields[2]));
      }
    }
    return answers;
  }

  @Override
  public String toString() {
    return verdict + " " + detail;
  }
}
