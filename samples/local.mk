# The samples: one line in `samples`, one for its libraries.  They see the
# public headers only, and link the shared library as a user does.

samples = \
	samples/actor \
	samples/api_client \
	samples/as_completed \
	samples/census \
	samples/event_loop \
	samples/fanout \
	samples/four_models \
	samples/in_poll \
	samples/inspect \
	samples/hybrid \
	samples/merge_sort \
	samples/metrics \
	samples/philosophers \
	samples/processes \
	samples/producers \
	samples/pubsub \
	samples/race_condition \
	samples/request_id \
	samples/resource \
	samples/saga \
	samples/serve \
	samples/sim_bug \
	samples/symptoms

if SAMPLES
noinst_PROGRAMS += $(samples)
if HAVE_GIO
noinst_PROGRAMS += samples/in_glib
endif
if HAVE_UV
noinst_PROGRAMS += samples/in_uv
endif
if HAVE_JANSSON
noinst_PROGRAMS += samples/pipeline
endif
if HAVE_CURL
noinst_PROGRAMS += samples/collector
if HAVE_CRYPTO
noinst_PROGRAMS += samples/fetch
endif
endif
endif

samples_actor_LDADD = lib/libfuture.la

samples_api_client_SOURCES = \
	samples/api_client.c \
	samples/http.c samples/http.h samples/http_url.c \
	samples/answer.c samples/answer.h \
	samples/server.c samples/server.h
samples_api_client_LDADD = lib/libfuture.la

samples_as_completed_SOURCES = samples/as_completed.c
samples_as_completed_LDADD = lib/libfuture.la

samples_census_SOURCES = \
	samples/census.c samples/census.h \
	samples/census_bench.c samples/census_bench.h \
	samples/census_csv.c samples/census_csv.h \
	samples/census_generate.c \
	samples/census_open.c \
	samples/census_options.c \
	samples/census_processes.c \
	samples/census_scan.c \
	samples/census_stats.c samples/census_stats.h \
	samples/census_table.c samples/census_table.h \
	samples/workers.c samples/workers.h
samples_census_LDADD = lib/libfuture.la

# What configure has found libcurl for; without libxml2 it does not scrape.
samples_collector_SOURCES = \
	samples/answer.c samples/answer.h \
	samples/collector.c samples/collector.h \
	samples/collector_options.c \
	samples/collector_rows.c \
	samples/collector_server.c \
	samples/collector_table.c \
	samples/reactor.c samples/reactor.h \
	samples/server.c samples/server.h
samples_collector_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
samples_collector_LDADD = lib/libfuture.la $(CURL_LIBS)
if HAVE_XML
samples_collector_SOURCES += \
	samples/collector_page.c samples/collector_page.h \
	samples/collector_scrape.c
samples_collector_CPPFLAGS += $(XML_CFLAGS)
samples_collector_LDADD += $(XML_LIBS)
else
samples_collector_SOURCES += samples/collector_without.c
endif

samples_event_loop_SOURCES = samples/event_loop.c
samples_event_loop_LDADD = lib/libfuture.la

samples_fanout_SOURCES = samples/fanout.c
samples_fanout_LDADD = lib/libfuture.la

# What configure has found libcurl and libcrypto for.
samples_fetch_SOURCES = \
	samples/answer.c samples/answer.h \
	samples/fetch.c samples/fetch.h \
	samples/fetch_bars.c samples/fetch_bars.h \
	samples/fetch_get.c samples/fetch_get.h \
	samples/fetch_list.c \
	samples/fetch_options.c \
	samples/fetch_part.c samples/fetch_part.h \
	samples/reactor.c samples/reactor.h \
	samples/server.c samples/server.h
samples_fetch_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS)
samples_fetch_LDADD = lib/libfuture.la $(CURL_LIBS) $(CRYPTO_LIBS)

samples_four_models_SOURCES = \
	samples/bars.c samples/bars.h \
	samples/four_models.c \
	samples/http.c samples/http.h samples/http_url.c \
	samples/options.c samples/options.h \
	samples/picture.c samples/picture.h \
	samples/report.c samples/report.h \
	samples/run.c samples/run.h \
	samples/answer.c samples/answer.h \
	samples/server.c samples/server.h \
	samples/timeline.c samples/timeline.h
samples_four_models_LDADD = lib/libfuture.la

# In the loops of others, of which configure may have found none.
samples_in_glib_SOURCES = samples/foreign.h samples/in_glib.c
samples_in_glib_CPPFLAGS = $(AM_CPPFLAGS) $(GIO_CFLAGS)
samples_in_glib_LDADD = lib/libfuture.la $(GIO_LIBS)
samples_in_poll_SOURCES = samples/in_poll.c
samples_in_poll_LDADD = lib/libfuture.la
samples_in_uv_SOURCES = samples/foreign.h samples/in_uv.c
samples_in_uv_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
samples_in_uv_LDADD = lib/libfuture.la $(UV_LIBS)
samples_hybrid_SOURCES = \
	samples/hybrid.c \
	samples/http.c samples/http.h samples/http_url.c \
	samples/answer.c samples/answer.h \
	samples/server.c samples/server.h \
	samples/workers.c samples/workers.h
samples_hybrid_LDADD = lib/libfuture.la

samples_inspect_SOURCES = samples/inspect.c
samples_inspect_LDADD = lib/libfuture.la

samples_merge_sort_SOURCES = samples/merge_sort.c
samples_merge_sort_LDADD = lib/libfuture.la
samples_metrics_SOURCES = samples/metrics.c \
	samples/prometheus.c samples/prometheus.h
samples_metrics_LDADD = lib/libfuture.la
samples_philosophers_LDADD = lib/libfuture.la
samples_pipeline_SOURCES = \
	samples/pipeline.c samples/pipeline.h \
	samples/pipeline_files.c samples/pipeline_generate.c \
	samples/pipeline_input.c \
	samples/pipeline_log.c samples/pipeline_options.c
samples_pipeline_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
samples_pipeline_LDADD = lib/libfuture.la $(JANSSON_LIBS)
samples_processes_SOURCES = samples/processes.c \
	samples/workers.c samples/workers.h
samples_processes_LDADD = lib/libfuture.la
samples_producers_LDADD = lib/libfuture.la
samples_pubsub_LDADD = lib/libfuture.la
samples_race_condition_LDADD = lib/libfuture.la
samples_request_id_LDADD = lib/libfuture.la
samples_resource_LDADD = lib/libfuture.la
samples_saga_LDADD = lib/libfuture.la
samples_serve_SOURCES = samples/serve.c \
	samples/answer.c samples/answer.h \
	samples/server.c samples/server.h
samples_serve_LDADD = lib/libfuture.la
samples_symptoms_SOURCES = samples/symptoms.c
samples_symptoms_LDADD = lib/libfuture.la

samples_sim_bug_SOURCES = samples/sim_bug.c
samples_sim_bug_LDADD = lib/libfuture.la
