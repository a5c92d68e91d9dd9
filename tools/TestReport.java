import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Reads Surefire's XML reports and says how many tests passed, which failed, and which were not run
 * and why. Arguments: {@code allowed} or {@code forbidden} (may a test be not run?), then the
 * directories of reports. Exit code 1 when a test failed, when none passed, or when one was not run
 * and that is forbidden.
 */
final class TestReport {
  private final List<String> failed = new ArrayList<>();
  private final List<String> notRun = new ArrayList<>();
  private int passed;

  public static void main(String[] args) throws Exception {
    var report = new TestReport();
    for (int i = 1; i < args.length; i++) {
      report.readDirectory(Path.of(args[i]));
    }
    report.print();
    System.exit(report.holds(args[0].equals("allowed")) ? 0 : 1);
  }

  private void readDirectory(Path directory) throws Exception {
    DocumentBuilder parser = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder();
    for (File file : reportsIn(directory)) {
      NodeList cases = parser.parse(file).getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        count((Element) cases.item(i));
      }
    }
  }

  private static List<File> reportsIn(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches("TEST-.*\\.xml"))
          .sorted()
          .map(Path::toFile)
          .toList();
    }
  }

  private void count(Element test) {
    String name = test.getAttribute("classname") + "." + test.getAttribute("name");
    if (has(test, "failure") || has(test, "error")) {
      failed.add(name);
    } else if (has(test, "skipped")) {
      var skip = (Element) test.getElementsByTagName("skipped").item(0);
      notRun.add(name + ": " + reason(skip));
    } else {
      passed++;
    }
  }

  /** The message of an annotation, else the first line of what an assumption threw. */
  private static String reason(Element skip) {
    return Stream.of(skip.getAttribute("message"), skip.getTextContent())
        .flatMap(String::lines)
        .map(line -> line.strip().replaceFirst("^[\\w.]*TestAbortedException: ", ""))
        .filter(line -> !line.isEmpty())
        .findFirst()
        .orElse("no reason given");
  }

  private static boolean has(Element test, String outcome) {
    return test.getElementsByTagName(outcome).getLength() > 0;
  }

  private void print() {
    failed.forEach(test -> System.out.println("failed: " + test));
    notRun.forEach(test -> System.out.println("not run: " + test));
    if (!notRun.isEmpty()) {
      System.out.println(notRun.size() + " not run");
    }
    System.out.println(passed + " passed, " + failed.size() + " failed");
  }

  private boolean holds(boolean mayBeNotRun) {
    return failed.isEmpty() && passed > 0 && (mayBeNotRun || notRun.isEmpty());
  }
}
