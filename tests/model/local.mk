# The explorer.  Its objects need flags of their own, so a script builds it:
# from the sources of lib/, with gcc, whatever this build is made with.

explorer = tests/model/out

# For example: make explore EXPLORE='submit --mode dfs --bound 3'
EXPLORE =

.PHONY: explore
explore:
	$(srcdir)/tests/model/build.sh $(explorer)
	if [ -n "$(EXPLORE)" ]; then $(explorer)/explore $(EXPLORE); \
	else $(srcdir)/tests/model/all.sh $(explorer); fi

clean-local: clean-explorer
.PHONY: clean-explorer
clean-explorer:
	rm -rf $(explorer)

EXTRA_DIST += tests/model/build.sh tests/model/all.sh \
	tests/model/atomic.c tests/model/atomic.h \
	tests/model/choice.c tests/model/choice.h \
	tests/model/clocks.h \
	tests/model/explore.c \
	tests/model/fiber.c tests/model/fiber.h \
	tests/model/floor.c \
	tests/model/graph.h \
	tests/model/litmus.c \
	tests/model/memory.c tests/model/memory.h \
	tests/model/model.h \
	tests/model/options.c tests/model/options.h \
	tests/model/plain.c \
	tests/model/reduce.c tests/model/reduce.h \
	tests/model/replay.c tests/model/replay.h \
	tests/model/report.c tests/model/report.h \
	tests/model/run.h \
	tests/model/scenario.h \
	tests/model/scenario_block.c \
	tests/model/scenario_channel.c \
	tests/model/scenario_close.c \
	tests/model/scenario_combine.c \
	tests/model/scenario_doze.c \
	tests/model/scenario_completion.c \
	tests/model/scenario_each.c \
	tests/model/scenario_gate.c \
	tests/model/scenario_graph.c \
	tests/model/scenario_every.c \
	tests/model/scenario_group.c \
	tests/model/scenario_hope.c \
	tests/model/scenario_help.c \
	tests/model/scenario_keep.c \
	tests/model/scenario_lane.c \
	tests/model/scenario_limiter.c \
	tests/model/scenario_loop.c \
	tests/model/scenario_mutex.c \
	tests/model/scenario_own.c \
	tests/model/scenario_pool.c \
	tests/model/scenario_priority.c \
	tests/model/scenario_promise.c \
	tests/model/scenario_retry.c \
	tests/model/scenario_settle.c \
	tests/model/scenario_sim.c \
	tests/model/scenario_timer.c \
	tests/model/scenario_times.c \
	tests/model/scenario_token.c \
	tests/model/scenario_trace.c \
	tests/model/schedule.c tests/model/schedule.h \
	tests/model/shadow.c \
	tests/model/tally.c tests/model/tally.h \
	tests/model/toys.c \
	tests/model/tunables.h \
	tests/model/two.h

# Bugs that are seeded one at a time into a copy of lib/: the explorer has to
# find each of them.
.PHONY: mutants
mutants:
	RIGHT=$(explorer) $(srcdir)/tests/mutants/run.sh tests/mutants/out

clean-local: clean-mutants
.PHONY: clean-mutants
clean-mutants:
	rm -rf tests/mutants/out

EXTRA_DIST += tests/mutants/run.sh \
	tests/mutants/a_hope_that_is_not_needed_any_more.patch \
	tests/mutants/a_share_waits_for_the_end_of_a_flood.patch \
	tests/mutants/a_wait_that_was_over_counts_as_a_join.patch \
	tests/mutants/age_forgotten_between_two_of_a_flood.patch \
	tests/mutants/an_item_for_who_was_dropped.patch \
	tests/mutants/cache_decided_twice.patch \
	tests/mutants/cancel_settles_before_it_leaves.patch \
	tests/mutants/cancelled_counts_as_asleep.patch \
	tests/mutants/decided_before_registered.patch \
	tests/mutants/executor_over_while_it_posts.patch \
	tests/mutants/decided_while_it_was_looked_at.patch \
	tests/mutants/follow_wakes_nobody.patch \
	tests/mutants/full_lane_ends_one_and_prods_nobody.patch \
	tests/mutants/granted_fires_under_the_lock.patch \
	tests/mutants/granted_without_a_claim.patch \
	tests/mutants/hang_ignores_firing.patch \
	tests/mutants/hook_read_after_removal.patch \
	tests/mutants/hope_is_not_watched.patch \
	tests/mutants/hope_led_back_and_nobody_told.patch \
	tests/mutants/lane_asks_for_hooks_too_late.patch \
	tests/mutants/lane_ended_twice.patch \
	tests/mutants/lane_forgets_its_limit.patch \
	tests/mutants/lane_is_calm_while_its_runner_travels.patch \
	tests/mutants/lane_leaves_a_timer_behind.patch \
	tests/mutants/late_function_stays_busy.patch \
	tests/mutants/leaving_regrants_nothing.patch \
	tests/mutants/leaving_swallows_the_wake_up.patch \
	tests/mutants/loop_forgets_the_prod_of_a_wait.patch \
	tests/mutants/loop_leaves_its_descriptor_as_it_was.patch \
	tests/mutants/loop_left_and_nobody_told.patch \
	tests/mutants/loop_reads_its_word_too_late.patch \
	tests/mutants/loop_sleeps_past_an_earlier_timer.patch \
	tests/mutants/loop_stop_before_the_run_is_lost.patch \
	tests/mutants/loser_of_hope_is_not_told.patch \
	tests/mutants/memory_freed_while_its_token_fires.patch \
	tests/mutants/new_worker_counts_as_idle.patch \
	tests/mutants/one_too_many_ends_and_nobody_looks.patch \
	tests/mutants/outcome_looked_at_twice.patch \
	tests/mutants/publish_relaxed.patch \
	tests/mutants/push_prods_nobody.patch \
	tests/mutants/record_counted_before_it_is_written.patch \
	tests/mutants/records_freed_while_their_thread_writes.patch \
	tests/mutants/rest_ignores_shares.patch \
	tests/mutants/ring_is_seen_before_it_is_judged.patch \
	tests/mutants/ring_looked_for_too_early.patch \
	tests/mutants/shutdown_leaves_producers.patch \
	tests/mutants/sim_overlooks_what_has_settled.patch \
	tests/mutants/sleeper_touched_late.patch \
	tests/mutants/spare_worker_is_not_started_for_what_is_queued.patch \
	tests/mutants/stale_home_accepts.patch \
	tests/mutants/surplus_worker_sleeps_through.patch \
	tests/mutants/the_last_to_doze_prods_nobody.patch \
	tests/mutants/those_between_keep_their_hope.patch \
	tests/mutants/timeout_forgets_who_won.patch \
	tests/mutants/timeout_leaves_its_hook.patch \
	tests/mutants/timer_armed_after_it_was_taken_off.patch \
	tests/mutants/timer_fires_while_workers_leave.patch \
	tests/mutants/timer_thread_sleeps_too_long.patch \
	tests/mutants/told_again_of_one_leg.patch \
	tests/mutants/unlock_wakes_nobody.patch \
	tests/mutants/unref_relaxed.patch \
	tests/mutants/urgent_only_if_nothing_is_queued.patch \
	tests/mutants/value_of_a_cancelled_task_read.patch \
	tests/mutants/wake_up_in_flight_forgotten.patch \
	tests/mutants/wake_up_stays_in_flight.patch \
	tests/mutants/wake_up_swallowed.patch \
	tests/mutants/weak_reference_dropped_as_the_only_one.patch \
	tests/mutants/what_it_followed_is_looked_at_no_more.patch \
	tests/mutants/woken_counts_as_asleep.patch
