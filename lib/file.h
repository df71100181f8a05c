/*
 * Floor 1: a file that is written once, from its beginning to its end, and the
 * environment and the exit of the process, which ask for it.
 *
 * It has a buffer of its own: that of a stream would be written again by a
 * forked child that exits.
 */
#ifndef FUT_FILE_H
#define FUT_FILE_H

#include "base.h"

struct fut_file;

/* Which file a descriptor is of. */
struct fut_file_id {
	uint64_t device, number;
};

/* Makes the file, or empties it.  Returns 0 or an errno value. */
int fut_file_create(const char *path, int *ret_fd, struct fut_file_id *ret_id);

/* False if somebody has closed it, and perhaps opened another there. */
bool fut_file_is(int fd, const struct fut_file_id *id);

/* What a forked child does with that of its parent. */
void fut_file_forget(int fd);

/*
 * Takes the descriptor.  NULL if there is no memory; it has been closed then.
 * The calling thread cannot be cancelled until fut_file_end().
 */
struct fut_file *fut_file_begin(int fd);

/* As printf(), at most 400 bytes.  An error is kept for fut_file_end(). */
void fut_file_print(struct fut_file *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * At most `size` bytes of a name, as they stand between the quotes of a string
 * in JSON; what is not UTF-8 as "?".
 */
void fut_file_print_text(struct fut_file *file, const char *bytes, size_t size);

/*
 * There, too: the name of a function; of one that is not exported, its object
 * and its place there, as addr2line wants it.
 */
void fut_file_print_function(struct fut_file *file, const void *function);

/* Returns 0, or the errno value of the first write that failed. */
int fut_file_end(struct fut_file *file);

/* What FUTURE_TRACE says; NULL: nothing, or the program is set-user-ID. */
const char *fut_file_asked(void);

/* Has `call` called when the process exits.  0 or ENOMEM. */
int fut_file_at_exit(void (*call)(void));

#endif
