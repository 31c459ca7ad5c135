package dev.dunes.provider.local.abuse;

import org.junit.jupiter.api.Nested;

/** The attempts of the other classes here, in sandboxes that runc builds. */
class RuncAbuseTest {
  @Nested
  class Outliving extends OutlivingTest {
    @Override
    String runtime() {
      return "runc";
    }
  }

  @Nested
  class Inheritance extends InheritanceTest {
    @Override
    String runtime() {
      return "runc";
    }
  }

  @Nested
  class Neighbour extends NeighbourTest {
    @Override
    String runtime() {
      return "runc";
    }
  }

  @Nested
  class Exhaustion extends ExhaustionTest {
    @Override
    String runtime() {
      return "runc";
    }
  }

  @Nested
  class OtherUsers extends OtherUsersTest {
    @Override
    String runtime() {
      return "runc";
    }
  }
}
