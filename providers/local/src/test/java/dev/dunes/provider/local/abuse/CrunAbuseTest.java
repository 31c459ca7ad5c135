package dev.dunes.provider.local.abuse;

import org.junit.jupiter.api.Nested;

/** The attempts of the other classes here, in sandboxes that crun builds. */
class CrunAbuseTest {
  @Nested
  class Outliving extends OutlivingTest {
    @Override
    String runtime() {
      return "crun";
    }
  }

  @Nested
  class Inheritance extends InheritanceTest {
    @Override
    String runtime() {
      return "crun";
    }
  }

  @Nested
  class Neighbour extends NeighbourTest {
    @Override
    String runtime() {
      return "crun";
    }
  }

  @Nested
  class Exhaustion extends ExhaustionTest {
    @Override
    String runtime() {
      return "crun";
    }
  }

  @Nested
  class OtherUsers extends OtherUsersTest {
    @Override
    String runtime() {
      return "crun";
    }
  }
}
