/* See fiber.h. */
#include "fiber.h"

#include <string.h>

#ifdef __x86_64__

__asm__(
	".text\n"
	".globl fiber_switch\n"
	".type fiber_switch, @function\n"
	"fiber_switch:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	".size fiber_switch, . - fiber_switch\n");

void *fiber_new(char *top, void (*entry)(void))
{
	void **at = (void **)top;

	*--at = NULL;	/* where entry would return to */
	memcpy(--at, &entry, sizeof(entry));
	for (int i = 0; i < 6; i++)
		*--at = NULL;
	return at;
}

#else

#include <ucontext.h>

/* The context of a stack that is not running lies on that stack. */
void fiber_switch(void **ret_here, void *there)
{
	ucontext_t here;

	*ret_here = &here;
	swapcontext(&here, there);
}

void *fiber_new(char *top, void (*entry)(void))
{
	const size_t room = 4096, size = 32 * 1024;
	ucontext_t *context = (ucontext_t *)(top - room);

	getcontext(context);
	context->uc_link = NULL;
	context->uc_stack.ss_sp = top - room - size;
	context->uc_stack.ss_size = size;
	makecontext(context, entry, 0);
	return context;
}

#endif
