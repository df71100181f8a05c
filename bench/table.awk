# Prints the tables from lines of
#	mode round runner workload peer name value key=value ...
# A run with several lines counts with their median.

function median(list, n,	i, j, x)
{
	for (i = 2; i <= n; i++) {
		x = list[i]
		for (j = i - 1; j >= 1 && list[j] > x; j--)
			list[j + 1] = list[j]
		list[j + 1] = x
	}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function close_run(	key)
{
	if (lines == 0)
		return
	key = run_mode SUBSEP run_runner SUBSEP run_workload
	values[key, ++runs[key]] = median(line_values, lines)
	lines = 0
}

function result(mode, runner, workload,		key, i, list)
{
	key = mode SUBSEP runner SUBSEP workload
	if (!(key in runs))
		return -1
	for (i = 1; i <= runs[key]; i++)
		list[i] = values[key, i]
	return median(list, runs[key])
}

function number(x)
{
	return x < 0 ? "" : sprintf(x < 100 ? "%.1f" : "%.0f", x)
}

function ratio(x, y)
{
	return x < 0 || y <= 0 ? "" : sprintf("%.2f", x / y)
}

function table(mode,	i, j, row, ours, x, best)
{
	row = ""
	for (j = 1; j <= runner_count; j++)
		row = row " " title[runner[j]] " |"
	printf "\n| %s |%s to the best peer |%s\n", mode, row,
		with_proto ? " to the prototype |" : ""
	printf "|---|"
	for (j = 0; j < runner_count + with_proto + 1; j++)
		printf "--:|"
	printf "\n"
	for (i = 1; i <= workload_count; i++) {
		row = ""
		best = -1
		ours = result(mode, "future", workload[i])
		for (j = 1; j <= runner_count; j++) {
			x = result(mode, runner[j], workload[i])
			row = row " " number(x) " |"
			if (runner[j] != "future" && runner[j] != "proto" &&
				x >= 0 && (best < 0 || x < best))
				best = x
		}
		printf "| %s %s |%s %s |", workload[i], what[workload[i]],
			row, ratio(ours, best)
		if (with_proto)
			printf " %s |", ratio(ours,
				result(mode, "proto", workload[i]))
		printf "\n"
	}
}

BEGIN {
	title["future"] = "libfuture"
	title["uv"] = "libuv"
	title["glib"] = "GLib"
	title["tbb"] = "oneTBB enqueue"
	title["posix"] = "POSIX"
	title["proto"] = "prototype"
	what["W1"] = "a future per task"
	what["W2"] = "fire and forget"
	what["W3"] = "ping-pong from outside"
	what["W3w"] = "ping-pong from a worker"
	what["W4done"] = "chain, source done, pool"
	what["W4pend"] = "chain, source pending, inline"
	what["W4pool"] = "chain, source pending, pool"
	what["W7"] = "four producers"
	what["W8"] = "bytes a queued task"
	what["W9"] = "wake a sleeper"
	what["W10"] = "arm and cancel a timer"
	what["W11"] = "mutex, alone"
	what["W11x2"] = "mutex, two threads"
	what["W11x4"] = "mutex, four threads"
	what["W11s"] = "semaphore, alone"
	what["W11sx2"] = "semaphore, two threads"
	what["W11sx4"] = "semaphore, four threads"
	what["W12"] = "an item through a channel"
}

{
	if ($1 != run_mode || $2 != run_round || $3 != run_runner ||
		$4 != run_workload)
		close_run()
	run_mode = $1
	run_round = $2
	run_runner = $3
	run_workload = $4
	if ($7 == "n/a")
		next
	x = $7
	if ($4 ~ /^W3|^W9/)
		for (i = 8; i <= NF; i++)
			if ($i ~ /^p50=/)
				x = substr($i, 5)
	line_values[++lines] = x + 0
}

END {
	close_run()
	with_proto = runners ~ /proto/
	runner_count = split(runners, runner, " ")
	workload_count = split(workloads, workload, " ")
	mode_count = split(modes, mode, " ")
	for (m = 1; m <= mode_count; m++)
		table(mode[m])
}
