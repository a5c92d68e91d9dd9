package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What names stand for. */
final class AddressBookTest {
  private static final long K = 1024;
  private static final long ELSEWHERE = 0x7f00_0000_0000L;
  private static final Place A = new Place("a", 0, 0);
  private static final Place B = new Place("b", 1, 0);

  private final AddressBook book = new AddressBook();

  private static Call.Mmap mmap(Place place, long length, Placement placement) {
    return new Call.Mmap(place, length, Protection.RW, false, placement, Set.of());
  }

  private static Call.Mremap mremap(Place place, long length, boolean dontUnmap) {
    return new Call.Mremap(place, 4 * K, length, true, Optional.empty(), dontUnmap);
  }

  @Test
  void aNameStandsForItsWindow() {
    assertEquals(0x1000_0000_0000L, book.address("A", A));
    assertEquals(0x1000_4000_1000L, book.address("A", B.plus(4 * K)));
    assertEquals(0x0f00_0000_1000L, book.address("A", Place.heap(4 * K)));
  }

  @Test
  void theBytesMappedElsewhereStandForThatPlace() {
    Call.Mmap call = mmap(A.plus(8 * K), 8 * K, Placement.ANYWHERE);
    assertEquals(0, book.wanted("A", call));
    book.mapped("A", call, ELSEWHERE);
    assertEquals(A.plus(4 * K).address(), book.address("A", A.plus(4 * K)));
    assertEquals(ELSEWHERE, book.address("A", A.plus(8 * K)));
    assertEquals(ELSEWHERE + 8 * K - 1, book.address("A", A.plus(16 * K - 1)));
    assertEquals(A.plus(16 * K).address(), book.address("A", A.plus(16 * K)));
    assertEquals(A.plus(8 * K).address(), book.address("B", A.plus(8 * K)), "another process");
  }

  @Test
  void aLengthCountsInWholePages() {
    book.mapped("A", mmap(A, 1, Placement.ANYWHERE), ELSEWHERE);
    assertEquals(ELSEWHERE + 4095, book.address("A", A.plus(4095)));
    assertEquals(A.plus(4096).address(), book.address("A", A.plus(4096)));
  }

  @Test
  void atAnotherPlaceFollowsThatNameAndStaysThere() {
    book.mapped("A", mmap(B, 8 * K, Placement.ANYWHERE), ELSEWHERE);
    Call.Mmap call = mmap(A, 4 * K, new Placement.At(B.plus(4 * K)));
    assertEquals(ELSEWHERE + 4 * K, book.wanted("A", call));
    book.mapped("A", call, ELSEWHERE + 4 * K);
    book.mapped("A", mmap(B, 8 * K, Placement.HERE), B.address());
    assertEquals(ELSEWHERE + 4 * K, book.address("A", A));
    assertEquals(B.plus(4 * K).address(), book.address("A", B.plus(4 * K)));
  }

  @Test
  void mappingInTheWindowTakesTheBytesBack() {
    book.mapped("A", mmap(A, 16 * K, Placement.ANYWHERE), ELSEWHERE);
    book.mapped("A", mmap(A.plus(4 * K), 4 * K, Placement.HERE), A.plus(4 * K).address());
    assertEquals(ELSEWHERE, book.address("A", A));
    assertEquals(A.plus(4 * K).address(), book.address("A", A.plus(4 * K)));
    assertEquals(ELSEWHERE + 8 * K, book.address("A", A.plus(8 * K)));
    book.mapped("A", mmap(A, 16 * K, Placement.HERE), A.address());
    assertEquals(List.of(), book.bound("A"));
  }

  @Test
  void aMoveByTheKernelTakesTheNameAlongUnlessTheSourceStays() {
    book.mapped("A", mremap(A, 8 * K, true), ELSEWHERE);
    assertEquals(A.address(), book.address("A", A));
    book.mapped("A", mremap(A, 8 * K, false), A.address());
    assertEquals(List.of(), book.bound("A"), "grown in place");
    book.mapped("A", mremap(A, 8 * K, false), ELSEWHERE);
    assertEquals(ELSEWHERE + 4 * K, book.address("A", A.plus(4 * K)));
    Call.Mremap back = new Call.Mremap(A, 8 * K, 8 * K, false, Optional.of(B), false);
    book.mapped("A", back, B.address());
    assertEquals(ELSEWHERE, book.address("A", A), "the target has a name of its own");
  }

  @Test
  void childrenStartWithTheirParentsNamesAndExecForgets() {
    book.mapped("A", mmap(A, 4 * K, Placement.ANYWHERE), ELSEWHERE);
    book.forked("A", "B");
    book.mapped("B", mmap(B, 4 * K, Placement.ANYWHERE), ELSEWHERE + 4 * K);
    assertEquals(ELSEWHERE, book.address("B", A));
    assertEquals(B.address(), book.address("A", B));
    book.forget("B");
    assertEquals(A.address(), book.address("B", A));
    assertEquals(ELSEWHERE, book.address("A", A));
  }

  @Test
  void addressesAreDescribedByWindowsThatHaveNames() {
    long _ = book.address("A", B);
    assertEquals("b+4K", book.describe(B.plus(4 * K).address()));
    assertEquals("elsewhere", book.describe(A.address()), "nobody named a yet");
    assertEquals("[heap]+4K", book.describe(Place.heap(4 * K).address()));
    assertEquals("elsewhere", book.describe(ELSEWHERE));
    assertEquals("elsewhere", book.describe(4096));
  }
}
