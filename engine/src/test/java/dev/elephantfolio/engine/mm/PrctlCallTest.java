package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The memory options of prctl, with the answers of a live 6.18. */
final class PrctlCallTest {
  private static final int EXCEPT_ADVISED = PrctlCall.THP_DISABLE_EXCEPT_ADVISED;

  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  private int prctl(int option, long arg2, long arg3, long arg4, long arg5) {
    return on.process.prctl(option, arg2, arg3, arg4, arg5);
  }

  private void assertInvalid(int option, long arg2, long arg3, long arg4, long arg5) {
    assertErrno(Errno.EINVAL, () -> prctl(option, arg2, arg3, arg4, arg5));
  }

  private int thpDisabled() {
    return prctl(PrctlCall.GET_THP_DISABLE, 0, 0, 0, 0);
  }

  @Test
  void hugePagesAreDisabledInDegrees() {
    assertEquals(0, thpDisabled());
    assertEquals(0, prctl(PrctlCall.SET_THP_DISABLE, 1, 0, 0, 0));
    assertEquals(1, thpDisabled());
    assertEquals(0, prctl(PrctlCall.SET_THP_DISABLE, 7, EXCEPT_ADVISED, 0, 0));
    assertEquals(3, thpDisabled());
    assertEquals(0, prctl(PrctlCall.SET_THP_DISABLE, 1, 0, 0, 0));
    assertEquals(1, thpDisabled());
    assertEquals(0, prctl(PrctlCall.SET_THP_DISABLE, 0, 0, 0, 0));
    assertEquals(0, thpDisabled());
  }

  @Test
  void disablingTakesEffectAtTheNextFault() {
    on.machine.set("transparent_hugepage/enabled", "always");
    on.map(0, 512 * 6);
    int _ = prctl(PrctlCall.SET_THP_DISABLE, 1, 0, 0, 0);
    on.advise(512, 512, Madvise.HUGEPAGE);
    on.write(0, 1);
    on.write(512, 1);
    int _ = prctl(PrctlCall.SET_THP_DISABLE, 1, EXCEPT_ADVISED, 0, 0);
    on.advise(1536, 512, Madvise.HUGEPAGE);
    on.write(1024, 1);
    on.write(1536, 1);
    int _ = prctl(PrctlCall.SET_THP_DISABLE, 0, 0, 0, 0);
    on.write(2048, 1);
    assertEquals("?...?...?...HHHHHHHH....", on.quarters(0, 24), "none; none; only advised; all");
  }

  @Test
  void wrongArgumentsOfThpDisable() {
    assertInvalid(PrctlCall.SET_THP_DISABLE, 1, 1, 0, 0);
    assertInvalid(PrctlCall.SET_THP_DISABLE, 1, 4, 0, 0);
    assertInvalid(PrctlCall.SET_THP_DISABLE, 0, EXCEPT_ADVISED, 0, 0);
    assertInvalid(PrctlCall.SET_THP_DISABLE, 1, 0, 1, 0);
    assertInvalid(PrctlCall.SET_THP_DISABLE, 1, 0, 0, 1);
    assertInvalid(PrctlCall.GET_THP_DISABLE, 1, 0, 0, 0);
    assertInvalid(PrctlCall.GET_THP_DISABLE, 0, 0, 0, 1);
    assertInvalid(9999, 0, 0, 0, 0);
    assertEquals(0, thpDisabled());
  }

  @Test
  void memoryMergeMarksWhatIsAndWhatComes() {
    on.map(0, 4);
    assertEquals(0, prctl(PrctlCall.GET_MEMORY_MERGE, 0, 0, 0, 0));
    assertEquals(0, prctl(PrctlCall.SET_MEMORY_MERGE, 5, 0, 0, 0));
    assertEquals(1, prctl(PrctlCall.GET_MEMORY_MERGE, 0, 0, 0, 0));
    on.map(8, 4);
    assertTrue(on.areaOf(0).flags().contains("mg"));
    assertTrue(on.areaOf(8).flags().contains("mg"));
    assertEquals(0, prctl(PrctlCall.SET_MEMORY_MERGE, 0, 0, 0, 0));
    assertFalse(on.areaOf(0).flags().contains("mg"));
    assertFalse(on.areaOf(8).flags().contains("mg"));
    assertInvalid(PrctlCall.SET_MEMORY_MERGE, 1, 1, 0, 0);
    assertInvalid(PrctlCall.GET_MEMORY_MERGE, 1, 0, 0, 0);
  }

  // Names, of a kernel that keeps them.

  private void name(long first, long pages, @Nullable String name) {
    MmContext context =
        new MmContext(
            on.machine.kernel().vm(),
            on.machine.kernel().committed(),
            on.machine.kernel().anonVmas(),
            new RecordingRanges(on.machine.kernel().anonVmas()));
    new PrctlCall(context).setAnonVmaName(on.process.memory(), page(first), pages * PAGE, name);
  }

  @Test
  void kernelWithoutNamesRefusesThem() {
    assertInvalid(PrctlCall.SET_VMA, 0, page(0), PAGE, 0);
  }

  /**
   * <pre>
   *  |------------| ---&gt; |--|-heap-|--| ---&gt; |------------|
   * </pre>
   */
  @Test
  void namedPartIsAnAreaOfItsOwn() {
    on.map(0, 12);
    name(4, 4, "heap");
    assertEquals(page(4), on.areaOf(5).startAddress());
    assertEquals("heap", nameAt(5));
    name(4, 4, "heap");
    assertEquals(page(4), on.areaOf(0).endAddress());
    name(4, 4, null);
    assertEquals(page(12), on.areaOf(0).endAddress());
  }

  @Test
  void wrongNamesAndRanges() {
    on.map(0, 4);
    on.map(6, 2);
    assertErrno(Errno.EINVAL, () -> name(0, 1, "a$b"));
    assertErrno(Errno.EINVAL, () -> name(0, 1, "tab\t"));
    assertErrno(Errno.EINVAL, () -> name(0, 1, "x".repeat(80)));
    assertErrno(Errno.EINVAL, () -> name(0, -1, "x"));
    assertErrno(Errno.ENOMEM, () -> name(0, Long.MIN_VALUE / PAGE, null));
    name(0, 0, "x");
    assertErrno(Errno.ENOMEM, () -> name(0, 8, "holes"));
    assertEquals("holes", nameAt(3), "what is there was named");
    assertEquals("holes", nameAt(7));
    name(0, 4, "x".repeat(79));
    on.process.mmap(
        page(20),
        PAGE,
        Prot.READ,
        MapFlags.PRIVATE | MapFlags.FIXED,
        on.machine.file("f", true),
        0);
    assertErrno(Errno.EBADF, () -> name(20, 1, "x"));
    on.machine.kernel().vm().changeMaxMapCount(on.process.memory().vmas().size());
    assertErrno(Errno.EAGAIN, () -> name(1, 1, "many"));
  }

  private String nameAt(long number) {
    Vma vma = on.process.memory().vmas().at(page(number));
    String name = vma == null ? null : vma.name();
    return name == null ? "" : name;
  }
}
