package dev.elephantfolio.lab.compare;

import java.util.List;

/**
 * What a comparison says in a sentence.
 *
 * @param comparison what it rests on; it holds the baseline
 * @param policy the policy that does best within the budget; the baseline when none gains anything
 * @param baseline the policy that the others are measured by
 * @param memoryBudget by how much the memory used may grow over the baseline, as a share of it
 * @param sentence which policy, what it gains, what it costs
 * @param caveats what the recording cannot know, a sentence each
 */
public record Advice(
    Comparison comparison,
    String policy,
    String baseline,
    double memoryBudget,
    String sentence,
    List<String> caveats) {
  public Advice {
    caveats = List.copyOf(caveats);
  }
}
