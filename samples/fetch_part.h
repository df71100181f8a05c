/*
 * A file that is being downloaded: NAME.part, which only grows, and beside it
 * NAME.part.etag: of which edition of the file it has the beginning.  Whatever
 * kills the program leaves a beginning, or nothing.
 *
 * The order: empty the part, note the ETag, append; flush, rename, forget the
 * ETag.  (A power failure may lose what was not flushed, and in another order:
 * whoever fears that gives a checksum.)
 */
#ifndef FETCH_PART_H
#define FETCH_PART_H

#include "fetch.h"

struct part {
	int directory;		/* borrowed, as the name is */
	const char *name;	/* of the whole file */
	int fd;			/* locked against other processes; -1: none */
	int64_t size;
	char etag[128];		/* "": none is known */
};

/* All of them return 0 or an errno value; EISDIR: what is there under one of
 * the names is not a regular file. */

/* EBUSY: another process is at it.  Without its ETag a part is of unknown
 * origin, and what to do with that is left to the caller. */
int part_open(struct part *part, int directory, const char *name);

/* Another body begins, of the edition `etag`. */
int part_begin(struct part *part, const char *etag);

/* Cuts it to `size`. */
int part_cut(struct part *part, int64_t size);

int part_append(struct part *part, const char *data, size_t size);

/*
 * It is whole: becomes NAME, on the disk.  Sleeps for the disk, and computes
 * where there is a checksum: on a worker.  EBADMSG: another checksum, and the
 * part is empty.  ECANCELED: `is_over` said so.
 */
int part_keep(struct part *part, const unsigned char *sum,
	bool (*is_over)(void *arg), void *arg);

/* Also removes it if it is empty. */
void part_close(struct part *part);

/* NAME is there already: 0, or EEXIST for another checksum.  As part_keep(). */
int part_there(int directory, const char *name, const unsigned char *sum,
	bool (*is_over)(void *arg), void *arg);

#endif
