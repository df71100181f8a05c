# The samples: one line in `samples`, one for its libraries.  They see the
# public headers only, and link the shared library as a user does.

samples =

if SAMPLES
noinst_PROGRAMS += $(samples)
endif
