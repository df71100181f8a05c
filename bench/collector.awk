# Lines of bench/collector, "LOAD RUNNER WALL CPU PEAK OWN THERE", as a table for
# each load.  A ratio is asyncio's figure to that of the line, so that more is
# better.

function median(values, count,    i, j, t)
{
	for (i = 2; i <= count; i++)
		for (j = i; j > 1 && values[j] < values[j - 1]; j--) {
			t = values[j]
			values[j] = values[j - 1]
			values[j - 1] = t
		}
	return values[int((count + 1) / 2)]
}

function middle(load, runner, field,    values, i)
{
	for (i = 1; i <= runs[load, runner]; i++)
		values[i] = seen[load, runner, field, i]
	return median(values, runs[load, runner])
}

!($1 in known) {
	known[$1] = 1
	loads[++load_count] = $1
}

!(($1, $2) in runs) {
	runners[$1] = runners[$1] " " $2
}

{
	run = ++runs[$1, $2]
	for (field = 3; field <= 7; field++)
		seen[$1, $2, field, run] = $field + 0
}

function ratio(load, runner, field,    one)
{
	if (!((load, "asyncio") in runs))
		return "-"
	one = middle(load, runner, field)
	return one > 0 ? sprintf("%.1f", middle(load, "asyncio", field) / one) \
		: "-"
}

END {
	for (l = 1; l <= load_count; l++) {
		load = loads[l]
		split(load, parts, ":")
		printf "\n%d requests, at most %d at once, answered after " \
			"%d ms\n", parts[1], parts[2], parts[3]
		printf "%-8s%8s%12s%8s%10s%9s%9s   asyncio's time, memory, " \
			"own, CPU are\n", "", "wall s", "requests/s", "CPU s", \
			"peak MiB", "its own", "success"
		count = split(runners[load], names, " ")
		for (i = 1; i <= count; i++) {
			name = names[i]
			wall = middle(load, name, 3)
			printf "%-8s%8.3f%12.0f%8.2f%10.1f%9.1f%7.1f %%" \
				"   %s, %s, %s, %s times\n", name, wall, \
				parts[1] / wall, middle(load, name, 4), \
				middle(load, name, 5) / 1024, \
				middle(load, name, 6) / 1024, \
				100 * middle(load, name, 7) / parts[1], \
				ratio(load, name, 3), ratio(load, name, 5), \
				ratio(load, name, 6), ratio(load, name, 4)
		}
	}
}
