package dev.elephantfolio.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The house rules that no compiler checks, over all that the command line is made of. */
final class HouseTest {
  private static final String ROOT = "dev.elephantfolio";

  /** A module may depend only on those before it. */
  private static final List<String> MODULES =
      List.of("engine", "trace", "linux", "lab", "conformance", "cli");

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static String everythingIn(String module) {
    return ROOT + "." + module + "..";
  }

  @Test
  void everyModuleIsSeen() {
    Set<String> seen =
        HOUSE.stream()
            .map(c -> c.getPackageName().substring(ROOT.length() + 1).split("\\.")[0])
            .collect(Collectors.toSet());
    assertEquals(Set.copyOf(MODULES), seen);
  }

  @Test
  void modulesDependOnlyOnThoseBeforeThem() {
    for (int i = 0; i < MODULES.size() - 1; i++) {
      String[] later =
          MODULES.subList(i + 1, MODULES.size()).stream()
              .map(HouseTest::everythingIn)
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(everythingIn(MODULES.get(i)))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(later)
          .check(HOUSE);
    }
  }

  @Test
  void engineNeedsNothingButTheJdk() {
    classes()
        .that()
        .resideInAPackage(everythingIn("engine"))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(everythingIn("engine"), "java..", "jdk..", "org.jspecify.."))
        .check(HOUSE);
  }

  @Test
  void engineKnowsNoFileAndNoScreen() {
    noClasses()
        .that()
        .resideInAPackage(everythingIn("engine"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.nio.channels..", "java.net..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName(File.class.getName())
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(HOUSE);
  }

  @Test
  void engineKnowsNoClockButItsOwn() {
    noClasses()
        .that()
        .resideInAPackage(everythingIn("engine"))
        .and()
        .haveSimpleNameNotEndingWith("Clock")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.time.Clock")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.time.Instant")
        .check(HOUSE);
  }

  @Test
  void nothingStaticCanBeAssignedAnew() {
    fields().that().areStatic().should().beFinal().check(HOUSE);
  }

  @Test
  void everyPackageIsNullMarked() {
    List<String> unmarked =
        HOUSE.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(p -> !p.isAnnotatedWith(NullMarked.class))
            .map(p -> p.getName())
            .sorted()
            .toList();
    assertEquals(List.of(), unmarked);
  }

  /** The tests and the launcher use the class path; this keeps the modules usable as modules. */
  @Test
  void modulesResolve() {
    Path[] classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(entry -> !entry.endsWith("test-classes"))
            .toArray(Path[]::new);
    Configuration resolved =
        ModuleLayer.boot()
            .configuration()
            .resolve(
                ModuleFinder.of(), ModuleFinder.of(classPath), Set.of("dev.elephantfolio.cli"));
    for (String module : MODULES) {
      assertTrue(resolved.findModule(ROOT + "." + module).isPresent(), module);
    }
  }
}
