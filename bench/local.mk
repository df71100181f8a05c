# make bench [PROTOTYPE=DIR] [RUNS=9] [WORKERS=2] ...: see bench/run.
# The peers are built by bench/run, where pkg-config finds them.

EXTRA_PROGRAMS += bench/peer_future
bench_peer_future_SOURCES = \
	bench/bench.h \
	bench/peer_future.c \
	bench/w10_timers.h \
	bench/w11_locks.h \
	bench/w12_channel.h \
	bench/w1_submit.h \
	bench/w2_execute.h \
	bench/w3_pingpong.h \
	bench/w4_chain.h \
	bench/w7_producers.h \
	bench/w8_memory.h \
	bench/w9_wake.h \
	bench/workloads.h
bench_peer_future_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
bench_peer_future_LDFLAGS = $(AM_LDFLAGS) -no-install
bench_peer_future_LDADD = lib/libfuture.la

EXTRA_DIST += \
	bench/collector \
	bench/collector.awk \
	bench/collector_asyncio.py \
	bench/collector_figures.py \
	bench/collector_threads.py \
	bench/peer_glib.c \
	bench/peer_posix.c \
	bench/peer_tbb.cc \
	bench/peer_uv.c \
	bench/run \
	bench/table.awk \
	bench/touch.c

CLEANFILES += bench/line bench/output bench/peer_future$(EXEEXT) \
	bench/peer_glib bench/peer_posix bench/peer_proto \
	bench/peer_tbb bench/peer_uv bench/proto.o bench/results bench/touch

.PHONY: bench
bench: bench/peer_future$(EXEEXT)
	@CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' \
	VERSION='$(VERSION)' PROTOTYPE='$(PROTOTYPE)' RUNS='$(RUNS)' \
	WORKERS='$(WORKERS)' WORKLOADS='$(WORKLOADS)' MODES='$(MODES)' \
	N='$(N)' $(SHELL) $(srcdir)/bench/run ./bench/peer_future$(EXEEXT) \
		bench

# make bench-collector [RUNS=3] [LOADS=...] [PYTHON=python3]: see bench/collector.
.PHONY: bench-collector
bench-collector: samples/collector$(EXEEXT) samples/serve$(EXEEXT)
	@RUNS='$(RUNS)' LOADS='$(LOADS)' PYTHON='$(PYTHON)' \
		$(SHELL) $(srcdir)/bench/collector .
