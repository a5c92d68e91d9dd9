package dev.elephantfolio.cli;

import dev.elephantfolio.lab.policy.Policies;
import dev.elephantfolio.lab.policy.Policy;
import dev.elephantfolio.lab.policy.PolicyFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The policies that a command compares. */
final class PoliciesOption {
  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description = {
        "A policy: never, madvise, always, always-none=0, mthp-64K, mthp-16K+64K+2M, or one of the"
            + " file of --policies. May be given several times. Without it: all of the file, or"
            + " all of these."
      })
  List<String> names = List.of();

  @Option(
      names = "--policies",
      paramLabel = "FILE",
      description = {
        "A YAML file of policies: under each name its settings, as"
            + " 'transparent_hugepage/enabled: always'."
      })
  Optional<Path> file = Optional.empty();

  /**
   * @throws dev.elephantfolio.lab.LabException for a name that is not there, or a file that cannot
   *     be used
   */
  List<Policy> policies() {
    List<Policy> own = file.map(PolicyFile::read).orElse(List.of());
    if (names.isEmpty()) {
      return own.isEmpty() ? Policies.builtIn() : own;
    }
    // A name that both have means the user's.
    List<Policy> known = new ArrayList<>(own);
    known.addAll(Policies.builtIn());
    return Policies.named(names.stream().distinct().toList(), known);
  }
}
