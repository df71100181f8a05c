/* lib/each.c over the memory that is refused on demand. */
#include "memory.h"
#include "../../lib/each.c"
