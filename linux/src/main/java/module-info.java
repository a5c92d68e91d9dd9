/** The real machine: procfs and sysfs readers, the recorder, measurement. */
module dev.elephantfolio.linux {
  requires com.fasterxml.jackson.databind;
  requires transitive dev.elephantfolio.trace;
  requires jdk.unsupported;
  requires static transitive org.jspecify;

  exports dev.elephantfolio.linux;
  exports dev.elephantfolio.linux.live;
  exports dev.elephantfolio.linux.measure;
  exports dev.elephantfolio.linux.proc;
  exports dev.elephantfolio.linux.program;
  exports dev.elephantfolio.linux.record;
  exports dev.elephantfolio.linux.settings;
}
