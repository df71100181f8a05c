# The pages that are read in a browser; their programs are run by
# tests/check_install.sh.
dist_doc_DATA = CONTRIBUTING.md COPYING NEWS README.md \
	doc/design.md doc/guide.md doc/queue.bt \
	doc/deadlock.svg doc/healthy.svg doc/stall.svg

# For gdb; see its first lines.
gdbdir = $(pkgdatadir)/gdb
dist_gdb_DATA = doc/gdb/libfuture-gdb.py

# Draws traces.
dist_pkgdata_SCRIPTS = scripts/trace2svg

# The manual: every page is listed here.  A page speaks for all the names in
# its NAME section; each gets a line of its own that sends man to the page.

dist_man_MANS = \
	doc/man/future_after.3 \
	doc/man/future_all.3 \
	doc/man/future_cancel.3 \
	doc/man/future_channel.3 \
	doc/man/future_completion_new.3 \
	doc/man/future_each.3 \
	doc/man/future_event.3 \
	doc/man/future_executor.3 \
	doc/man/future_executor_new.3 \
	doc/man/future_executor_times.3 \
	doc/man/future_get.3 \
	doc/man/future_group.3 \
	doc/man/future_lane_new.3 \
	doc/man/future_latch.3 \
	doc/man/future_limiter.3 \
	doc/man/future_loop_new.3 \
	doc/man/future_map.3 \
	doc/man/future_mutex.3 \
	doc/man/future_pool_new.3 \
	doc/man/future_promise.3 \
	doc/man/future_ref.3 \
	doc/man/future_report.3 \
	doc/man/future_result.3 \
	doc/man/future_retry.3 \
	doc/man/future_semaphore.3 \
	doc/man/future_sim_new.3 \
	doc/man/future_submit.3 \
	doc/man/future_then.3 \
	doc/man/future_time.3 \
	doc/man/future_token.3 \
	doc/man/future_trace_open.3 \
	doc/man/libfuture.3

man_names = \
	for page in $(dist_man_MANS); do \
		sed -n "/^\.Sh NAME/,/^\.Nd/s|^\.Nm \([^ ]*\).*|\1.3 $${page\#\#*/}|p" \
			$(srcdir)/$$page; \
	done | while read -r name page; do test "$$name" = "$$page" ||

install-data-hook:
	@sed 's|/usr/local/lib/|$(libdir)/|' $(srcdir)/doc/queue.bt \
		> "$(DESTDIR)$(docdir)/queue.bt"
	@$(man_names) echo ".so man3/$$page" > "$(DESTDIR)$(mandir)/man3/$$name"; \
		done
uninstall-hook:
	@$(man_names) rm -f "$(DESTDIR)$(mandir)/man3/$$name"; done
