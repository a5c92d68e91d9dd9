package dev.elephantfolio.linux.live;

import java.time.Duration;
import java.util.Map;

/**
 * A JVM that has a live machine with a setting changed and a process at work, until it is ended.
 */
final class LiveMachineHolder {
  private LiveMachineHolder() {}

  public static void main(String[] arguments) throws InterruptedException {
    try (LiveMachine machine = LiveMachine.open(Map.of(), line -> System.out.println(line))) {
      LiveProcess process = machine.spawn("A");
      machine.set(arguments[0], arguments[1]);
      System.out.println(machine.controllerPid() + " " + process.pid());
      Thread.sleep(Duration.ofMinutes(1));
    }
  }
}
