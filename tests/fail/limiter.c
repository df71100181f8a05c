/* lib/limiter.c over the memory that is refused on demand. */
#include "memory.h"
#include "../../lib/limiter.c"
