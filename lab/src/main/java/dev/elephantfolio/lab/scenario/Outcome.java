package dev.elephantfolio.lab.scenario;

import java.util.List;

/**
 * How a call ended.
 *
 * @param word {@code OK}, the name of an errno, {@code SIGSEGV} or {@code SIGBUS}
 * @param where of mmap and mremap that went well, where the mapping is, in the words of {@link
 *     AddressBook#describe} before the name was bound anew; of brk the heap's end; of an access
 *     that did not come to its end, the page; else empty
 * @param values what a read loaded, page by page, up to the signal or the errno if one ended it
 */
public record Outcome(String word, String where, List<Long> values) {
  public static final String OK_WORD = "OK";

  /** Went well, and there is nothing more to say. */
  public static final Outcome OK = of(OK_WORD);

  public Outcome {
    values = List.copyOf(values);
  }

  /** That word alone. */
  public static Outcome of(String word) {
    return new Outcome(word, "", List.of());
  }

  /** Went well, with a place. */
  public static Outcome at(String where) {
    return new Outcome(OK_WORD, where, List.of());
  }

  /** All loads went well. */
  public static Outcome loaded(List<Long> values) {
    return new Outcome(OK_WORD, "", values);
  }

  public boolean isOk() {
    return word.equals(OK_WORD);
  }
}
