package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The report's form, which others read. */
final class ScenarioJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static List<String> names(JsonNode object) {
    return object.propertyStream().map(java.util.Map.Entry::getKey).toList();
  }

  @Test
  void aReportIsExactlySo() throws IOException {
    JsonNode report =
        ScenarioJson.of(
            Run.of(
                """
                process A
                A mmap a 4K
                A mmap a 4K noreplace
                A write a 4K 0xffffffffffffffff
                A mmap b 8K
                A madvise b+4K 4K guard_install
                snapshot after
                """));
    JsonNode expected =
        JSON.readTree(
            """
            {"side": "engine", "file": "t.efs", "ok": false,
             "steps": [{"line": 2, "outcome": "OK"}, {"line": 3, "outcome": "EEXIST"},
                       {"line": 4, "outcome": "OK"}, {"line": 5, "outcome": "OK"},
                       {"line": 6, "outcome": "OK"}],
             "failures": [{"line": 3, "expected": "OK", "got": "EEXIST"}],
             "snapshots": [{"line": 7, "label": "after", "processes": {"A": {
               "vmas": [
                 {"region": "a", "start": 0, "end": 4096, "perms": "rw-p",
                  "smaps": {"Size": 4096, "KernelPageSize": 4096, "MMUPageSize": 4096, "Rss": 4096,
                    "Pss": 4096, "Pss_Dirty": 4096, "Shared_Clean": 0, "Shared_Dirty": 0,
                    "Private_Clean": 0, "Private_Dirty": 4096, "Referenced": 4096,
                    "Anonymous": 4096, "KSM": 0, "LazyFree": 0, "AnonHugePages": 0,
                    "ShmemPmdMapped": 0, "FilePmdMapped": 0, "Shared_Hugetlb": 0,
                    "Private_Hugetlb": 0, "Swap": 0, "SwapPss": 0, "Locked": 0, "THPeligible": 0},
                  "flags": ["rd", "wr", "mr", "mw", "me", "ac"]},
                 {"region": "b", "start": 0, "end": 8192, "perms": "rw-p",
                  "smaps": {"Size": 8192, "KernelPageSize": 4096, "MMUPageSize": 4096, "Rss": 0,
                    "Pss": 0, "Pss_Dirty": 0, "Shared_Clean": 0, "Shared_Dirty": 0,
                    "Private_Clean": 0, "Private_Dirty": 0, "Referenced": 0,
                    "Anonymous": 0, "KSM": 0, "LazyFree": 0, "AnonHugePages": 0,
                    "ShmemPmdMapped": 0, "FilePmdMapped": 0, "Shared_Hugetlb": 0,
                    "Private_Hugetlb": 0, "Swap": 0, "SwapPss": 0, "Locked": 0, "THPeligible": 0},
                  "flags": ["rd", "wr", "mr", "mw", "me", "gu", "ac"]}],
               "pages": [
                 {"region": "a", "page": 0, "present": true, "swapped": false, "exclusive": true,
                  "guard": false, "file": false, "mapcount": 1, "folio": 0, "index": 0, "order": 0,
                  "pmd": false, "zero": false, "ksm": false, "value": 18446744073709551615},
                 {"region": "b", "page": 1, "present": false, "swapped": true, "exclusive": false,
                  "guard": true, "file": false, "mapcount": 0, "folio": null, "index": null,
                  "order": null, "pmd": false, "zero": false, "ksm": false, "value": null}]}},
               "counters": {}}]}
            """);
    assertEquals(expected.toPrettyString(), JSON.readTree(report.toString()).toPrettyString());
    assertEquals(List.of("side", "file", "ok", "steps", "failures", "snapshots"), names(report));
  }

  @Test
  void aScenarioThatHoldsIsOk() {
    JsonNode report = ScenarioJson.of(Run.of("process A\nA mmap a 4K\nA munmap a+1 1 -> EINVAL\n"));
    assertTrue(report.get("ok").asBoolean());
    assertEquals(0, report.get("failures").size());
    assertEquals("EINVAL", report.get("steps").get(1).get("outcome").asText());
  }
}
