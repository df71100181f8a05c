/* See fetch_part.h. */
#define _GNU_SOURCE
#include "fetch_part.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME = 512 };

static const char *in(char *out, const struct part *part, const char *end)
{
	snprintf(out, NAME, "%s.part%s", part->name, end);
	return out;
}

static int or_errno(int returned)
{
	return returned < 0 ? errno : 0;
}

/* EISDIR: it is not a regular file.  Waits for nobody at a FIFO. */
static int file_open(int directory, const char *name, int flags, int *ret_fd)
{
	int fd = openat(directory, name, flags | O_NONBLOCK | O_CLOEXEC, 0666);
	struct stat status;

	if (fd < 0)
		return errno == ENXIO ? EISDIR : errno;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return EISDIR;
	}
	*ret_fd = fd;
	return 0;
}

static int etag_read(struct part *part)
{
	char name[NAME];
	int fd, error = file_open(part->directory, in(name, part, ".etag"),
		O_RDONLY, &fd);

	if (error != 0)
		return error == ENOENT ? 0 : error;
	error = or_errno((int)read(fd, part->etag, sizeof(part->etag) - 1));
	close(fd);
	return error;
}

static int etag_write(struct part *part, const char *etag)
{
	size_t length = strlen(etag);
	char name[NAME];
	int error, fd;

	snprintf(part->etag, sizeof(part->etag), "%s", etag);
	in(name, part, ".etag");
	if (length == 0)
		return unlinkat(part->directory, name, 0) == 0 ||
			errno == ENOENT ? 0 : errno;
	error = file_open(part->directory, name, O_WRONLY | O_CREAT | O_TRUNC,
		&fd);
	if (error != 0)
		return error;
	errno = ENOSPC;		/* where it writes less */
	error = write(fd, etag, length) == (ssize_t)length ? 0 : errno;
	close(fd);
	return error;
}

/* Another process may have renamed it between the open and the lock. */
static int lock(struct part *part, const char *name)
{
	struct stat mine, there;

	if (flock(part->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? EBUSY : errno;
	if (fstat(part->fd, &mine) != 0 ||
	    fstatat(part->directory, name, &there, 0) != 0)
		return errno == ENOENT ? EBUSY : errno;
	part->size = mine.st_size;
	return mine.st_ino == there.st_ino ? 0 : EBUSY;
}

int part_open(struct part *part, int directory, const char *name)
{
	char path[NAME];
	int error;

	*part = (struct part){ .directory = directory, .name = name,
		.fd = -1 };
	error = file_open(directory, in(path, part, ""),
		O_RDWR | O_CREAT | O_APPEND, &part->fd);
	if (error != 0)
		return error;
	error = lock(part, path);
	if (error == 0 && (error = etag_read(part)) != 0 && part->size == 0)
		unlinkat(directory, path, 0);
	if (error != 0) {
		close(part->fd);
		part->fd = -1;
	}
	return error;
}

int part_cut(struct part *part, int64_t size)
{
	int error = or_errno(ftruncate(part->fd, (off_t)size));

	if (error == 0)
		part->size = size;
	return error;
}

int part_begin(struct part *part, const char *etag)
{
	int error = part_cut(part, 0);

	return error != 0 ? error : etag_write(part, etag);
}

int part_append(struct part *part, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t count = write(part->fd, data, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return errno;
		part->size += count;
		data += count;
		size -= (size_t)count;
	}
	return 0;
}

static int digest(EVP_MD_CTX *context, int fd, bool (*is_over)(void *arg),
	void *arg)
{
	char block[65536];
	ssize_t count;

	for (off_t at = 0; (count = pread(fd, block, sizeof(block), at)) > 0;
	     at += count) {
		if (is_over(arg))
			return ECANCELED;
		if (EVP_DigestUpdate(context, block, (size_t)count) != 1)
			return ENOMEM;
	}
	return or_errno((int)count);
}

/* EBADMSG: another. */
static int compare(int fd, const unsigned char *sum,
	bool (*is_over)(void *arg), void *arg)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char mine[EVP_MAX_MD_SIZE];
	int error = ENOMEM;

	if (context != NULL &&
	    EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1)
		error = digest(context, fd, is_over, arg);
	if (error == 0 && EVP_DigestFinal_ex(context, mine, NULL) != 1)
		error = ENOMEM;
	EVP_MD_CTX_free(context);
	return error != 0 ? error : memcmp(mine, sum, SHA256) == 0 ? 0 :
		EBADMSG;
}

/* Not over what somebody else has put there, where the file system can. */
static int publish(const struct part *part)
{
	int directory = part->directory;
	char name[NAME];

	in(name, part, "");
	if (renameat2(directory, name, directory, part->name,
			RENAME_NOREPLACE) == 0)
		return 0;
	return errno != EINVAL ? errno : or_errno(renameat(directory, name,
		directory, part->name));
}

int part_keep(struct part *part, const unsigned char *sum,
	bool (*is_over)(void *arg), void *arg)
{
	int error = sum != NULL ? compare(part->fd, sum, is_over, arg) : 0;

	if (error == EBADMSG)
		part_begin(part, "");
	if (error == 0)
		error = or_errno(fsync(part->fd));
	if (error == 0)
		error = publish(part);
	if (error == 0)
		error = etag_write(part, "");
	return error;
}

void part_close(struct part *part)
{
	char name[NAME];

	if (part->fd < 0)
		return;
	if (part->size == 0) {
		etag_write(part, "");
		unlinkat(part->directory, in(name, part, ""), 0);
	}
	close(part->fd);
	part->fd = -1;
}

int part_there(int directory, const char *name, const unsigned char *sum,
	bool (*is_over)(void *arg), void *arg)
{
	struct part part = { .directory = directory, .name = name };
	int fd, error = file_open(directory, name, O_RDONLY, &fd);

	if (error != 0)
		return error;
	if (sum != NULL)
		error = compare(fd, sum, is_over, arg);
	close(fd);
	if (error == 0)
		etag_write(&part, "");	/* of one who died just before that */
	return error == EBADMSG ? EEXIST : error;
}
