package dev.elephantfolio.linux.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/** A JVM that changes settings of a fake tree and then waits to be ended. */
final class GuardHolder {
  private GuardHolder() {}

  public static void main(String[] arguments) throws InterruptedException {
    FakeSysfs tree = new FakeSysfs(Path.of(arguments[0]));
    try (SettingsGuard guard =
        SettingsGuard.open(tree.settings(), tree.state(), line -> System.out.println(line))) {
      Arrays.stream(arguments).skip(1).map(Setting::parse).forEach(guard::set);
      System.out.println("ready");
      Thread.sleep(Duration.ofMinutes(1));
    }
  }
}
