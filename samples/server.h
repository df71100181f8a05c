/*
 * A small HTTP server on loopback, which answers after a delay.
 *
 *	struct server server;
 *	int error = server_start(&options, &server);
 *	...	http://127.0.0.1:PORT/1, /2, ...
 *	server_stop(&server);
 *
 * It is a process of its own, so that its CPU time is not taken for that of
 * the program that downloads.  It serves as many connections at once as there
 * may be descriptors (one more is closed at once), keeps them if it is asked in
 * HTTP/1.1, and ends when the pipe from its parent is closed: so also when that
 * dies.
 *
 *	/NUMBER		a body of its own for each number, or a range of it
 *	/pages/NUMBER	HTML with links to twice that, the next, and half
 *	/moved?URL	302, to there; without a ?, to itself
 *	/partial	206, though nobody has asked for a part
 *	/endless	a body without a Content-Length
 *	/truncated	half of the body that was announced
 *	/missing	404
 *	/garbage	something that is not HTTP
 *	/silent		nothing, ever
 */
#ifndef SERVER_H
#define SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server_options {
	size_t body_size;	/* bytes */
	int delay_ms;		/* from the request to the first byte */
	uint32_t fail_one_in;	/* so many get a 503, by lot; 0: none */
	uint32_t truncate_one_in;	/* half of what is announced, by lot */
	uint32_t seed;		/* of the lots */
	uint32_t edition;	/* another one: other bodies, other ETags */
	unsigned long pages;	/* so many */
};

struct server {
	unsigned port;
	pid_t pid;
	int leash;	/* the pipe that the server lives by */
};

/*
 * Starts the process.  Call it while there is one thread.  Returns 0 or an
 * errno value; then stop it with server_stop(), which waits for its end.
 */
int server_start(const struct server_options *options,
	struct server *ret_server);
void server_stop(struct server *server);

/*
 * Serves `listener` in this process until `leash` can be read, or its other
 * end is closed.  Returns 0 or an errno value.
 */
int server_run(const struct server_options *options, int listener, int leash);

/* Listens on 127.0.0.1, on a port that is free.  Returns 0 or an errno. */
int server_listen(int *ret_listener, unsigned *ret_port);

#endif
