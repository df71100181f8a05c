# The sources.  The explorer builds $(house) as it stands over a floor 1 of its
# own in place of $(machine), of which it keeps the lock and the error texts.

machine = \
	lib/alloc.c lib/alloc.h \
	lib/base.h \
	lib/clock.c lib/clock.h \
	lib/error.c lib/error.h \
	lib/file.c lib/file.h \
	lib/fork.c lib/fork.h \
	lib/lock.c lib/lock.h \
	lib/park.c lib/park.h \
	lib/probe.h \
	lib/self.c lib/self.h \
	lib/text.c lib/text.h \
	lib/thread.c lib/thread.h \
	lib/unwind.h \
	lib/wakefd.c lib/wakefd.h

house = \
	lib/admit.c \
	lib/asleep.c lib/asleep.h \
	lib/after.c \
	lib/bits.c lib/bits.h \
	lib/block.c lib/block.h \
	lib/calm.c lib/calm.h \
	lib/cancel.c \
	lib/cell.c lib/cell.h \
	lib/channel.c \
	lib/close.c \
	lib/combine.c \
	lib/completion.c \
	lib/default.c lib/default.h \
	lib/doze.c \
	lib/each.c \
	lib/event.c \
	lib/every.c \
	lib/executor.h \
	lib/explore.c \
	lib/follow.c \
	lib/frame.h \
	lib/gate.c lib/gate.h \
	lib/get.c lib/get.h \
	lib/group.c \
	lib/handle.c \
	lib/heap.c lib/heap.h \
	lib/help.c lib/help.h \
	lib/hook.h \
	lib/hope.c lib/hope.h \
	lib/inline.c lib/inline.h \
	lib/job.c lib/job.h \
	lib/keep.c \
	lib/known.c lib/known.h \
	lib/knot.c lib/knot.h \
	lib/lane.c lib/lane.h \
	lib/latch.c \
	lib/levels.c lib/levels.h \
	lib/limiter.c \
	lib/loop.c lib/loop.h \
	lib/lost.c lib/lost.h \
	lib/lots.c lib/lots.h \
	lib/map.c \
	lib/more.c lib/more.h \
	lib/mutex.c \
	lib/order.c lib/order.h \
	lib/own.c \
	lib/pass.c \
	lib/plain.c \
	lib/pool.c lib/pool.h \
	lib/promise.c \
	lib/queue.c lib/queue.h \
	lib/report.c \
	lib/result.c \
	lib/retry.c \
	lib/ring.h \
	lib/runner.c \
	lib/semaphore.c \
	lib/share.h \
	lib/shell.c lib/shell.h \
	lib/shift.c \
	lib/sim.c lib/sim.h \
	lib/sleeper.c lib/sleeper.h \
	lib/stop.c lib/stop.h \
	lib/submit.c \
	lib/task.h \
	lib/then.c lib/then.h \
	lib/timeout.c \
	lib/timer.c lib/timer.h \
	lib/times.c lib/times.h \
	lib/token.c lib/token.h \
	lib/trace.c lib/trace.h \
	lib/things.c lib/things.h \
	lib/tracks.c lib/tracks.h \
	lib/turn.c \
	lib/wait.c lib/wait.h \
	lib/waiter.h \
	lib/worker.c

# All of the library; tests link this one, and so see what is hidden.
noinst_LTLIBRARIES += lib/libfuture-internal.la
lib_libfuture_internal_la_SOURCES = $(machine) $(house)

lib_LTLIBRARIES += lib/libfuture.la
lib_libfuture_la_SOURCES =
lib_libfuture_la_LIBADD = lib/libfuture-internal.la
lib_libfuture_la_LDFLAGS = $(AM_LDFLAGS) -no-undefined $(FUT_LDFLAGS) \
	-version-info $(LIBRARY_VERSION)
