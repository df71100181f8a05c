# What make check runs: one line a test.
#
# A program is tests/check_<noun>.c, linked with all of the library, hidden
# names included; what it shares with others is named in its own _SOURCES.  A
# script is run in the build directory; when it has nothing to test it says why
# and exits with 77.

tests_in_c = \
	tests/check_abort \
	tests/check_arg \
	tests/check_arg_size \
	tests/check_backpressure \
	tests/check_base \
	tests/check_block \
	tests/check_callback \
	tests/check_cancel \
	tests/check_carry \
	tests/check_kin \
	tests/check_channel \
	tests/check_combine \
	tests/check_completion \
	tests/check_deadlock \
	tests/check_debug \
	tests/check_depth \
	tests/check_discard \
	tests/check_each \
	tests/check_event \
	tests/check_every \
	tests/check_executor \
	tests/check_exit \
	tests/check_follow \
	tests/check_fork \
	tests/check_fork_child \
	tests/check_fork_load \
	tests/check_group \
	tests/check_group_with \
	tests/check_heap \
	tests/check_hold \
	tests/check_home \
	tests/check_hooks \
	tests/check_inline \
	tests/check_join \
	tests/check_lane \
	tests/check_lane_end \
	tests/check_latch \
	tests/check_letgo \
	tests/check_levels \
	tests/check_lifetime \
	tests/check_limiter \
	tests/check_loop \
	tests/check_loop_end \
	tests/check_loop_wait \
	tests/check_machine \
	tests/check_map \
	tests/check_misuse \
	tests/check_mutex \
	tests/check_on_cancel \
	tests/check_oom \
	tests/check_order \
	tests/check_own \
	tests/check_own_end \
	tests/check_park \
	tests/check_policy \
	tests/check_pool \
	tests/check_priority \
	tests/check_priority_end \
	tests/check_priority_then \
	tests/check_process \
	tests/check_promise \
	tests/check_report \
	tests/check_result \
	tests/check_retry \
	tests/check_schedule \
	tests/check_scope \
	tests/check_semaphore \
	tests/check_sequence \
	tests/check_share \
	tests/check_shutdown \
	tests/check_sim \
	tests/check_sim_explore \
	tests/check_sim_wait \
	tests/check_some \
	tests/check_spare \
	tests/check_stats \
	tests/check_stop \
	tests/check_submit \
	tests/check_take \
	tests/check_then \
	tests/check_thread_exit \
	tests/check_thread_local \
	tests/check_timeout \
	tests/check_timer \
	tests/check_timer_end \
	tests/check_times \
	tests/check_token \
	tests/check_trace \
	tests/check_tracks \
	tests/check_unobserved \
	tests/check_value \
	tests/check_wait \
	tests/check_wake \
	tests/stress_channel \
	tests/stress_combine \
	tests/stress_crowd \
	tests/stress_future \
	tests/stress_lane \
	tests/stress_loop \
	tests/stress_own \
	tests/stress_priority \
	tests/stress_random \
	tests/stress_sync \
	tests/stress_timer \
	tests/stress_token

tests_in_sh = \
	tests/check_actor.sh \
	tests/check_api_client.sh \
	tests/check_as_completed.sh \
	tests/check_census.sh \
	tests/check_collector.sh \
	tests/check_event_loop.sh \
	tests/check_dlclose.sh \
	tests/check_explorer.sh \
	tests/check_fanout.sh \
	tests/check_fetch.sh \
	tests/check_floors.sh \
	tests/check_four_models.sh \
	tests/check_gdb.sh \
	tests/check_header.sh \
	tests/check_in_glib.sh \
	tests/check_in_poll.sh \
	tests/check_inspect.sh \
	tests/check_in_uv.sh \
	tests/check_hybrid.sh \
	tests/check_install.sh \
	tests/check_man.sh \
	tests/check_merge_sort.sh \
	tests/check_metrics.sh \
	tests/check_pages.sh \
	tests/check_pipeline.sh \
	tests/check_probes.sh \
	tests/check_processes.sh \
	tests/check_pubsub.sh \
	tests/check_request_id.sh \
	tests/check_saga.sh \
	tests/check_samples.sh \
	tests/check_sim_bug.sh \
	tests/check_style.sh \
	tests/check_symptoms.sh \
	tests/check_symbols.sh \
	tests/check_trace.sh \
	tests/check_watched.sh

if HAVE_CHECK
check_PROGRAMS += $(tests_in_c)
TESTS += $(tests_in_c)
endif
TESTS += $(tests_in_sh)

# What fails on demand stands before the same names in the archive.
fail_thread = tests/fail/thread.c tests/fail/thread.h
tests_check_machine_SOURCES = tests/check_machine.c $(fail_thread)
tests_check_pool_SOURCES = tests/check_pool.c $(fail_thread)
tests_check_spare_SOURCES = tests/check_spare.c $(fail_thread)
tests_check_thread_exit_SOURCES = tests/check_thread_exit.c $(fail_thread)
tests_check_timer_SOURCES = tests/check_timer.c $(fail_thread)
tests_check_oom_SOURCES = tests/check_oom.c $(fail_thread) \
	tests/fail/alloc.c tests/fail/alloc.h \
	tests/fail/completion.c tests/fail/each.c tests/fail/limiter.c \
	tests/fail/map.c tests/fail/retry.c tests/fail/memory.h

# Not tests themselves: check_fetch.sh and check_collector.sh run them, also
# where check_PROGRAMS is set to some of the tests.
EXTRA_PROGRAMS += tests/collector_fails tests/fetch_fails
CLEANFILES += tests/collector_fails$(EXEEXT) tests/fetch_fails$(EXEEXT)
check_DATA =
if SAMPLES
if HAVE_CURL
check_DATA += tests/collector_fails$(EXEEXT)
if HAVE_CRYPTO
check_DATA += tests/fetch_fails$(EXEEXT)
endif
endif
endif
tests_fetch_fails_SOURCES = $(samples_fetch_SOURCES) \
	tests/fail/hangs.c tests/fail/hangs.h
tests_fetch_fails_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS) \
	-include $(srcdir)/tests/fail/hangs.h
tests_fetch_fails_LDADD = lib/libfuture.la $(CURL_LIBS) $(CRYPTO_LIBS)
tests_collector_fails_SOURCES = $(samples_collector_SOURCES) \
	tests/fail/hangs.c tests/fail/hangs.h
tests_collector_fails_CPPFLAGS = $(samples_collector_CPPFLAGS) \
	-include $(srcdir)/tests/fail/hangs.h
tests_collector_fails_LDADD = $(samples_collector_LDADD)

# For every program that names no libraries of its own.
LDADD = lib/.libs/libfuture-internal.a $(CHECK_LIBS)
AM_CPPFLAGS += $(CHECK_CFLAGS)

# The archive stands where libtool leaves it, and the compiler links the tests
# itself: libtool's script takes several times as long to tell it to.
lib/.libs/libfuture-internal.a: lib/libfuture-internal.la
$(tests_in_c): private LINK = \
	$(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o $@

# What the scripts are told.
AM_TESTS_ENVIRONMENT = \
	export CC='$(CC)' CXX='$(CXX)' NM='$(NM)' MAKE='$(MAKE)' \
		SANITIZER_FLAGS='$(SANITIZER_FLAGS)' top_srcdir='$(top_srcdir)' \
		LIB_SOURCES='$(machine) $(house)' \
		HEADERS='$(include_HEADERS) $(futureinclude_HEADERS)' \
		MAN_PAGES='$(dist_man_MANS)' libdir='$(libdir)' \
		mandir='$(mandir)'; \
	null='allocator_may_return_null=1'; \
	export ASAN_OPTIONS="$$null:$$ASAN_OPTIONS" \
		TSAN_OPTIONS="$$null:halt_on_error=1:$$TSAN_OPTIONS" \
		UBSAN_OPTIONS="print_stacktrace=1:$$UBSAN_OPTIONS";

EXTRA_DIST += $(tests_in_sh) tests/lib.sh tests/cxx.cc tests/dlclose.c \
	tests/check.h tests/child.h tests/debugged.c tests/listing.h \
	tests/looping.h tests/own.h tests/reporting.h \
	tests/stress.h tests/support.h tests/tools.h tests/tracing.h tests/waiting.h \
	tests/world.h \
	tests/lint_trace.c tests/seeded_leak.c tests/seeded_uaf.c
