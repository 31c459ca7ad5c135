package dev.dunes.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between the rooms of the house: who may know whom. */
class ArchitectureTest {
  private static final String ROOT = "dev.dunes.";
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.dunes");

  private static Stream<Arguments> arrows() {
    return Stream.of(
        Arguments.of("sandbox", List.of()),
        Arguments.of("sandbox.conformance", List.of("sandbox")),
        Arguments.of("guest", List.of("sandbox")),
        Arguments.of("provider.local", List.of("sandbox", "guest")),
        Arguments.of("provider.host", List.of("sandbox", "guest")),
        Arguments.of("provider.cloud", List.of("sandbox", "guest")),
        Arguments.of("provider.e2b", List.of("sandbox", "provider.cloud")),
        Arguments.of("provider.docker", List.of("sandbox", "guest")),
        Arguments.of("provider.daytona", List.of("sandbox", "provider.cloud")),
        Arguments.of("provider.cloudflare", List.of("sandbox", "provider.cloud")),
        Arguments.of("provider.sprites", List.of("sandbox", "provider.cloud")),
        Arguments.of("provider.modal", List.of("sandbox", "provider.cloud")),
        Arguments.of("provider.vercel", List.of("sandbox", "provider.cloud")),
        Arguments.of("scripted", List.of()),
        Arguments.of("gateway", List.of()),
        Arguments.of("agent", List.of("sandbox")),
        Arguments.of("hosting", List.of("sandbox")),
        Arguments.of("session", List.of("sandbox", "agent", "gateway")),
        Arguments.of("server", List.of("sandbox", "hosting", "agent", "gateway", "session")));
  }

  @ParameterizedTest
  @MethodSource("arrows")
  void knowsOnlyTheRoomsBelow(String room, List<String> below) {
    classes()
        .that(describe("live in " + room, type -> room(type).equals(room)))
        .should()
        .onlyDependOnClassesThat(
            describe(
                "live in " + room + " or " + below + " or outside of Dunes",
                type ->
                    !type.getPackageName().startsWith(ROOT)
                        || room(type).equals(room)
                        || below.contains(room(type))))
        .allowEmptyShould(true)
        .check(MAIN);
  }

  @Test
  void providersDoNotKnowEachOther() {
    slices()
        .matching("dev.dunes.provider.(*)..")
        .should()
        .notDependOnEachOther()
        .ignoreDependency(
            DescribedPredicate.alwaysTrue(), resideInAPackage("dev.dunes.provider.cloud"))
        .allowEmptyShould(true)
        .check(MAIN);
  }

  @Test
  void everyRoomBelowTheCommandLineHasItsArrows() {
    List<String> known = arrows().map(arguments -> (String) arguments.get()[0]).toList();
    assertThat(MAIN.stream().map(ArchitectureTest::room).distinct())
        .isSubsetOf(Stream.concat(known.stream(), Stream.of("cli")).toList());
  }

  @Test
  void seesTheClassesItJudges() {
    assertThat(MAIN.stream().map(ArchitectureTest::room)).contains("sandbox", "cli");
  }

  /** The module a class belongs to, by its package. */
  private static String room(JavaClass type) {
    String[] parts = type.getPackageName().substring(ROOT.length()).split("\\.");
    boolean twoParts =
        parts.length > 1 && (parts[0].equals("provider") || parts[1].equals("conformance"));
    return String.join(".", Arrays.copyOf(parts, twoParts ? 2 : 1));
  }
}
