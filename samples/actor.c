/*
 * Actors: bank accounts, each with a mailbox; only its mail touches it.
 *
 * The mailbox is a lane of 1: a message at a time, so the state needs no lock,
 * and no actor has a thread.  To ask is to submit, and get a future; to tell is
 * not to keep it.  An actor never waits for another: the answer is mail, too.
 *
 * Transfers go from all to all, some are cancelled, and one account is stopped:
 * it turns down what comes after the stop, and has stopped when all that it had
 * asked is answered.  No money may be lost.
 */
#include <future.h>
#include <stdio.h>
#include <stdlib.h>

enum { ACCOUNTS = 4, CASH = 50000, ORDERS = 4000, TURNED_DOWN = -1 };

static struct account {
	future_executor_t *mailbox;
	long balance;			/* this and the rest: of its mail */
	int asked;			/* answers that are to come */
	bool stopping;
	future_event_t quiet;		/* stopping, and none is to come */
} bank[ACCOUNTS];

struct message {
	struct account *to, *other;
	long amount;
};

static future_t *ask(future_task_fn *fn, struct message message)
{
	return future_submit_with(message.to->mailbox, &(future_task_t){
		.fn = fn, .arg = &message, .arg_size = sizeof(message) });
}

static void tell(future_task_fn *fn, struct message message)
{
	future_unref(ask(fn, message));
}

static future_result_t deposit(void *arg)
{
	const struct message *message = arg;

	if (message->to->stopping)
		return future_fail(TURNED_DOWN);
	message->to->balance += message->amount;
	return future_ok(NULL);
}

/* The other's answer, in the mailbox of who asked. */
static future_result_t answered(future_result_t in, void *arg)
{
	const struct message *order = arg;
	struct account *me = order->to;

	if (in.error != 0)
		me->balance += order->amount;
	if (--me->asked == 0 && me->stopping)
		future_event_set(&me->quiet);
	return in;
}

static future_result_t transfer(void *arg)
{
	struct message *order = arg;
	struct account *me = order->to;

	if (me->stopping || me->balance < order->amount)
		return future_fail(TURNED_DOWN);
	me->balance -= order->amount;
	me->asked++;
	FUTURE_AUTO future_t *answer = ask(deposit, (struct message){
		.to = order->other, .amount = order->amount });
	/* The home of that is the other's mailbox: so name this one. */
	FUTURE_AUTO future_t *done = future_then_with(answer,
		&(future_continuation_t){ .on = FUTURE_ON_EITHER,
			.executor = me->mailbox, .fn = answered,
			.arg = order, .arg_size = sizeof(*order) });

	if (future_state(done) != FUTURE_PENDING)
		abort();	/* no memory: it cannot have run yet */
	/* A shield: to cancel the order leaves alone what it has begun. */
	return future_follow(FUTURE_RACE(done));
}

static future_result_t stop(void *arg)
{
	struct account *me = ((struct message *)arg)->to;

	me->stopping = true;
	if (me->asked == 0)
		future_event_set(&me->quiet);
	return future_follow(future_event_wait_async(&me->quiet));
}

static int send_orders(size_t begin, size_t end, void *replies)
{
	for (size_t i = begin; i < end; i++) {
		future_t *reply = ask(transfer, (struct message){
			.to = &bank[i % ACCOUNTS], .amount = (long)i % 97,
			.other = &bank[i / ACCOUNTS % ACCOUNTS] });

		((future_t **)replies)[i] = reply;
		if (i == ORDERS / 2)
			tell(stop, (struct message){ .to = &bank[0] });
	}
	return 0;
}

int main(void)
{
	static future_t *replies[ORDERS];
	int moved = 0, answers = 0, error = 0;
	long money = 0;

	for (int i = 0; i < ACCOUNTS && error == 0; i++) {
		bank[i].balance = CASH;
		error = future_lane_new(NULL, 1, &bank[i].mailbox);
	}
	FUTURE_AUTO future_t *sent = future_each(NULL, error == 0 ? ORDERS : 0,
		0, send_orders, replies);
	if (error == 0)
		error = future_get(sent).error;
	for (int i = 0; i < ORDERS && error == 0; i += 3)
		future_cancel(replies[i]);
	for (int i = 0; i < ACCOUNTS && error == 0; i++) {
		FUTURE_AUTO future_t *stopped = ask(stop, (struct message){
			.to = &bank[i] });

		error = future_get(stopped).error;
		money += bank[i].balance;
	}
	for (int i = 0; i < ORDERS && error == 0; i++) {
		int got = future_get(replies[i]).error;

		moved += got == 0;
		answers += got == 0 || got == TURNED_DOWN || got == ECANCELED;
		future_unref(replies[i]);
	}
	for (int i = 0; i < ACCOUNTS; i++)
		future_executor_unref(bank[i].mailbox);
	printf("%d answers to %d orders, %d moved; of %d in all %ld are left\n",
		answers, ORDERS, moved, ACCOUNTS * CASH, money);
	if (error != 0)
		fprintf(stderr, "actor: %s\n", future_strerror(error));
	return answers != ORDERS || moved == 0 || money != ACCOUNTS * CASH;
}
