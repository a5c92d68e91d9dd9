package dev.elephantfolio.linux.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A tree of settings like the kernel's, in a temporary directory. */
record FakeSysfs(Path root) {
  static final String ENABLED = "transparent_hugepage/enabled";
  static final String MAX_PTES_NONE = "transparent_hugepage/khugepaged/max_ptes_none";

  static FakeSysfs in(Path root) throws IOException {
    FakeSysfs tree = new FakeSysfs(root);
    tree.add("mm/" + ENABLED, "always [madvise] never\n", "rw-r--r--");
    tree.add("mm/" + MAX_PTES_NONE, "511\n", "rw-r--r--");
    tree.add("mm/transparent_hugepage/khugepaged/full_scans", "3\n", "r--r--r--");
    tree.add("mm/hugepages/hugepages-2048kB/demote", "", "-w-------");
    tree.add("vm/nr_hugepages", "0\n", "rw-r--r--");
    tree.add("vm/drop_caches", "0\n", "rw-r--r--");
    tree.add("vm/dirty_bytes", "0\n", "rw-r--r--");
    tree.add("vm/dirty_ratio", "20\n", "rw-r--r--");
    return tree;
  }

  KernelSettings settings() {
    return new KernelSettings(root.resolve("mm"), root.resolve("vm"));
  }

  Path state() {
    return root.resolve("state");
  }

  private void add(String file, String text, String permissions) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }
}
