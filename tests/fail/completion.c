/* lib/completion.c over the memory that is refused on demand. */
#include "memory.h"
#include "../../lib/completion.c"
