package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.sync.Trial;

/** A trial on a machine. */
interface MachineTrial extends Trial {
  Machine machine();
}
