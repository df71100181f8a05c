include_HEADERS = include/future.h
futureincludedir = $(includedir)/future
futureinclude_HEADERS = \
	include/future/base.h \
	include/future/channel.h \
	include/future/combine.h \
	include/future/completion.h \
	include/future/each.h \
	include/future/executor.h \
	include/future/future.h \
	include/future/group.h \
	include/future/lane.h \
	include/future/limiter.h \
	include/future/loop.h \
	include/future/map.h \
	include/future/own.h \
	include/future/pool.h \
	include/future/priority.h \
	include/future/report.h \
	include/future/promise.h \
	include/future/result.h \
	include/future/retry.h \
	include/future/sim.h \
	include/future/sites.h \
	include/future/stats.h \
	include/future/sync.h \
	include/future/time.h \
	include/future/timer.h \
	include/future/token.h \
	include/future/trace.h
