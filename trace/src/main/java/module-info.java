/** The recording format, its readers and writers, and importers. */
module dev.elephantfolio.trace {
  requires com.github.luben.zstd_jni;
  requires static transitive org.jspecify;

  exports dev.elephantfolio.trace;
  exports dev.elephantfolio.trace.perf;
}
