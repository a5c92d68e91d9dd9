/*
 * Memory operations on the live kernel, timed one workload at a time.
 *
 *   live WORKLOAD BYTES NANOS CLOCK
 *
 * WORKLOAD  one of the table at the end
 * BYTES     of memory to work on, a multiple of 2 MiB
 * NANOS     goes on until so much was measured
 * CLOCK     thread-cpu or wall
 *
 * Prints "OPERATIONS NANOSECONDS"; on failure one line on standard error, and exit code 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
enum { SMALL = 4096, MEDIUM = 65536, HUGE_PAGE = 2097152 };

/* Setting up may take so many times what is measured, before a round is cut short. */
enum { PATIENCE = 5 };

static char *const arena = (char *)0x100000000000;
static size_t arena_bytes;
static clockid_t clock_id;
static unsigned long long operations, nanos, started;

static void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static unsigned long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void start(void)
{
	started = now(clock_id);
}

static void stop(unsigned long long done)
{
	nanos += now(clock_id) - started;
	operations += done;
}

static void map(void)
{
	void *got = mmap(arena, arena_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (got != arena)
		fail("mmap: %s", strerror(errno));
}

static void unmap(void)
{
	if (munmap(arena, arena_bytes))
		fail("munmap: %s", strerror(errno));
}

static void touch(size_t step)
{
	for (size_t at = 0; at < arena_bytes; at += step)
		*(volatile long *)(arena + at) = at + 1;
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static long resident_bytes(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (!statm || fscanf(statm, "%*d %ld", &pages) != 1)
		fail("/proc/self/statm cannot be read");
	fclose(statm);
	return pages * SMALL;
}

/*
 * Smaller pages than wanted leave memory missing, larger ones make fewer faults. A few pages may
 * have been touched meanwhile that are not the arena's, and the kernel counts roughly.
 */
static void expect_pages(long faults_before, size_t step)
{
	long wanted = arena_bytes / step;
	long seen = faults() - faults_before;
	long missing = arena_bytes - arena_bytes / 16 - 256 * SMALL - resident_bytes();

	if (seen < wanted || seen > wanted + wanted / 16 + 16 || missing > 0)
		fail("the kernel did not give pages of %zu KiB: is memory fragmented or short?",
		     step / 1024);
}

static void map_touched(size_t step)
{
	long before = faults();

	map();
	touch(step);
	expect_pages(before, step);
}

static void fault(size_t step)
{
	long before;

	map();
	before = faults();
	start();
	touch(step);
	stop(arena_bytes / step);
	expect_pages(before, step);
	unmap();
}

static void fault_small(void) { fault(SMALL); }
static void fault_medium(void) { fault(MEDIUM); }
static void fault_huge(void) { fault(HUGE_PAGE); }

static void munmap_of(size_t step)
{
	map_touched(step);
	start();
	unmap();
	stop(arena_bytes / step);
}

static void munmap_small(void) { munmap_of(SMALL); }
static void munmap_huge(void) { munmap_of(HUGE_PAGE); }

static void await(pid_t child)
{
	if (waitpid(child, NULL, 0) != child)
		fail("waitpid: %s", strerror(errno));
}

static void fork_touched(void)
{
	pid_t child;

	map_touched(SMALL);
	start();
	child = fork();
	if (child == 0)
		_exit(0);
	stop(arena_bytes / SMALL);
	if (child < 0)
		fail("fork: %s", strerror(errno));
	await(child);
	unmap();
}

/* The child keeps its pages until the parent has written all of them. */
static void copy_on_write(void)
{
	int gate[2];
	long before;
	char byte;
	pid_t child;

	map_touched(SMALL);
	if (pipe(gate))
		fail("pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) != 0);
	}
	before = faults();
	start();
	touch(SMALL);
	stop(arena_bytes / SMALL);
	expect_pages(before, SMALL);
	close(gate[0]);
	close(gate[1]);
	await(child);
	unmap();
}

static long folios_split(void)
{
	FILE *vmstat = fopen("/proc/vmstat", "r");
	char line[128];
	long count = 0;

	while (vmstat && fgets(line, sizeof line, vmstat))
		if (sscanf(line, "thp_split_page %ld", &count) == 1)
			break;
	if (vmstat)
		fclose(vmstat);
	return count;
}

/* Advice that holds for one page of a huge page splits it, and needs no privilege. */
static void split(void)
{
	long wanted = arena_bytes / HUGE_PAGE;
	long before, done;

	map_touched(HUGE_PAGE);
	before = folios_split();
	start();
	for (size_t at = 0; at < arena_bytes; at += HUGE_PAGE)
		if (madvise(arena + at, SMALL, MADV_COLD))
			fail("madvise(MADV_COLD): %s", strerror(errno));
	stop(wanted);
	done = folios_split() - before;
	if (done < wanted)
		fail("%ld of %ld huge pages were split", done, wanted);
	unmap();
}

static void collapse(void)
{
	map_touched(SMALL);
	start();
	if (madvise(arena, arena_bytes, MADV_COLLAPSE))
		fail("madvise(MADV_COLLAPSE): %s", strerror(errno));
	stop(arena_bytes / HUGE_PAGE);
	unmap();
}

static const struct {
	const char *name;
	void (*pass)(void);
} workloads[] = {
	{ "fault-4k", fault_small },   { "fault-64k", fault_medium }, { "fault-2m", fault_huge },
	{ "munmap-4k", munmap_small }, { "munmap-2m", munmap_huge },  { "fork", fork_touched },
	{ "cow", copy_on_write },      { "split", split },            { "collapse", collapse },
};

static void run(void (*pass)(void), unsigned long long wanted)
{
	unsigned long long end;

	pass();
	operations = nanos = 0;
	end = now(CLOCK_MONOTONIC) + PATIENCE * wanted;
	do
		pass();
	while (nanos < wanted && now(CLOCK_MONOTONIC) < end);
	printf("%llu %llu\n", operations, nanos);
}

int main(int count, char **words)
{
	if (count != 5)
		fail("usage: live WORKLOAD BYTES NANOS CLOCK");
	arena_bytes = strtoull(words[2], NULL, 10);
	clock_id = strcmp(words[4], "wall") ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
		if (!strcmp(workloads[i].name, words[1])) {
			run(workloads[i].pass, strtoull(words[3], NULL, 10));
			return 0;
		}
	fail("no workload %s", words[1]);
}
