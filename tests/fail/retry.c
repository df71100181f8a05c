/* lib/retry.c over the memory that is refused on demand. */
#include "memory.h"
#include "../../lib/retry.c"
