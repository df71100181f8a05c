/*
 * Floor 1: probes, places in the code that bpftrace, perf and SystemTap know by
 * name; doc/queue.bt uses some.  Each is a nop, and a note in the file of the
 * library that says where its two words are.  Without <sys/sdt.h> there are
 * none.
 */
#ifndef FUT_PROBE_H
#define FUT_PROBE_H

#ifdef FUT_SDT
#include <sys/sdt.h>

#define FUT_PROBE(name, what, with) DTRACE_PROBE2(libfuture, name, what, with)
#else
#define FUT_PROBE(name, what, with) ((void)(what), (void)(with))
#endif

#endif
