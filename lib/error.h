/* Floor 1: the system's words for its error numbers. */
#ifndef FUT_ERROR_H
#define FUT_ERROR_H

/* Static text, from any thread; "unknown error" at worst. */
const char *fut_error_text(int error);

#endif
