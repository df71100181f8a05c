/* See report.h. */
#include "report.h"
#include "memory.h"
#include "schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS 20000
#define FRAMES 8

struct event {
	unsigned step, thread;
	const char *what;
	const void *address;
	uint64_t value;
	int order;
	uint32_t pc[FRAMES];
};

char report_text[512];
static struct event events[EVENTS];
static unsigned event_count;
static uint32_t failure_pc[FRAMES];
static const char *about;
static size_t about_size;

/* The code under test: see build.sh. */
extern char __start_model_text[] __attribute__((weak));
extern char __stop_model_text[] __attribute__((weak));

const char *report_name(enum finding finding)
{
	static const char *const names[] = { "nothing", "check", "death",
		"crash", "deadlock", "livelock", "race", "memory", "leak",
		"unsupported" };

	return names[finding];
}

/* Follows the frame pointers; only what is under test is of interest. */
static void walk(uint32_t *ret_pc)
{
	void **frame = __builtin_frame_address(0);
	char *low = schedule_stack(run.current), *high = low + STACK;
	unsigned n = 0;

	memset(ret_pc, 0, FRAMES * sizeof(*ret_pc));
	while ((char *)frame >= low && (char *)frame < high - 16 &&
	       n < FRAMES) {
		char *pc = frame[1];

		if (pc >= __start_model_text && pc < __stop_model_text)
			ret_pc[n++] = (uint32_t)(uintptr_t)pc - 1;
		if ((char *)frame[0] <= (char *)frame)
			break;
		frame = frame[0];
	}
}

/* nm tells, in the order of the addresses. */
const char *report_symbol(const void *address)
{
	static char text[80];
	char command[64], line[256], name[48];
	unsigned long long at, wanted = (uintptr_t)address;
	FILE *names;

	snprintf(text, sizeof(text), "%p", address);
	if (!run.tracing)
		return text;
	snprintf(command, sizeof(command), "nm -n /proc/%d/exe",
		(int)getpid());
	names = popen(command, "r");
	if (names == NULL)
		return text;
	while (fgets(line, sizeof(line), names) != NULL)
		if (sscanf(line, "%llx %*c %47s", &at, name) == 2 &&
		    at <= wanted)
			snprintf(text, sizeof(text), "%s+%llu", name,
				wanted - at);
	pclose(names);
	return text;
}

const char *report_where(uint32_t pc)
{
	static char text[4][24];
	static unsigned next;
	char *into = text[next++ % 4];

	snprintf(into, sizeof(text[0]), "[%x]", pc);
	return into;
}

void report_failure(const char *format, va_list arguments)
{
	vsnprintf(report_text, sizeof(report_text), format, arguments);
	walk(failure_pc);
}

void report_about(const void *address, size_t size)
{
	if (run.tracing)
		return;
	about = address;
	about_size = size;
}

void report_event(const char *what, const void *address, size_t size,
	uint64_t value, int order)
{
	struct event *event = &events[event_count];

	(void)size;
	if (event_count == EVENTS)
		return;
	event_count++;
	*event = (struct event){ .step = run.steps, .thread = run.current,
		.what = what, .address = address, .value = value,
		.order = order };
	walk(event->pc);
}

void report_plain(const void *address, size_t size, bool write)
{
	const char *at = address;

	if (about_size != 0 && at < about + about_size && about < at + size)
		report_event(write ? "plain write" : "plain read", address,
			size, 0, ORDER_NONE);
}

void report_begin(void)
{
	event_count = 0;
	if (!run.tracing)
		about_size = 0;
}

/* Has addr2line name all places at once; "function file:line" a line. */
static FILE *names_of(const uint32_t *pc, size_t count)
{
	char path[128], self[64];
	size_t size = 256 + count * 12;
	char *command = malloc(size);
	FILE *names = NULL;
	int used;

	snprintf(self, sizeof(self), "/proc/%d/exe", (int)getpid());
	if (command == NULL || readlink(self, path, sizeof(path)) <= 0)
		goto free_command;
	used = snprintf(command, size, "addr2line -f -s -e /proc/%d/exe",
		(int)getpid());
	for (size_t i = 0; i < count; i++)
		used += snprintf(command + used, size - (size_t)used, " %x",
			pc[i]);
	names = popen(command, "r");
free_command:
	free(command);
	return names;
}

/* "function file:line < function file:line" for up to `most` callers. */
static void print_places(const uint32_t *pc, unsigned most)
{
	char function[128], place[256];
	unsigned count = 0;
	FILE *names;

	while (count < most && pc[count] != 0)
		count++;
	if (count == 0)
		return;
	names = names_of(pc, count);
	if (names == NULL)
		return;
	for (unsigned i = 0; i < count; i++) {
		if (fgets(function, sizeof(function), names) == NULL ||
		    fgets(place, sizeof(place), names) == NULL)
			break;
		function[strcspn(function, "\n")] = '\0';
		place[strcspn(place, " \n")] = '\0';
		printf("%s%s %s", i == 0 ? "" : " < ", function, place);
	}
	pclose(names);
}

/* Prints a sentence with every [pc] replaced by its place. */
static void print_text(const char *text)
{
	while (*text != '\0') {
		char *end;
		uint32_t pc = text[0] == '[' ?
			(uint32_t)strtoul(text + 1, &end, 16) : 0;

		if (pc != 0 && *end == ']') {
			print_places((uint32_t[]){ pc, 0 }, 1);
			text = end + 1;
			continue;
		}
		putchar(*text++);
	}
}

static void print_event(const struct event *event)
{
	static const char *const orders[] = { "relaxed", "consume",
		"acquire", "release", "acq_rel", "seq_cst" };
	char where[160] = "";

	if (event->address != NULL)
		memory_describe(event->address, where, sizeof(where));
	printf("%6u  %*sT%u %s", event->step, (int)event->thread * 2, "",
		event->thread, event->what);
	if (where[0] != '\0') {
		putchar(' ');
		print_text(where);
		printf(" = %llx", (unsigned long long)event->value);
	} else if (event->value != 0) {
		printf(" T%llu", (unsigned long long)event->value);
	}
	if (event->order >= 0)
		printf(" %s", orders[event->order % 6]);
	printf("   ");
	print_places(event->pc, 4);
	putchar('\n');
}

void report_print(void)
{
	unsigned first = event_count > 400 ? event_count - 400 : 0;

	if (first > 0)
		printf("   ... %u steps before\n", first);
	for (unsigned i = first; i < event_count; i++)
		print_event(&events[i]);
	printf("  %s: ", report_name(run.finding));
	print_text(report_text);
	printf("\n  in ");
	print_places(failure_pc, FRAMES);
	putchar('\n');
}
