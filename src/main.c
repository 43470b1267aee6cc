// main.c - options, layers up, serve, layers down: the only file that knows them all.
#include "base/log.h"
#include "http/call.h"
#include "http/server.h"
#include "http/sessions.h"
#include "autograd/op.h"
#include "wire/catalogue.h"
#include "wire/expression.h"
#include "wire/dump.h"
#include "wire/script_document.h"
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { EXIT_USAGE = 2 };

static int complain(const fault *f, int status) {
  log_flush();
  fprintf(stderr, "gradd: %s\n", f->detail);
  return status;
}

// Both flavours of threads inside BLAS would fight our own workers for the processors.
static void tame_blas(void) {
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  setenv("OMP_NUM_THREADS", "1", 0);
  openblas_set_num_threads(1);
}

// The serial flavour of OpenBLAS computes wrong numbers when two threads call it, and the OpenMP one crawls
// unless it was told to use one thread before it was loaded. Debian can swap them under a running
// installation.
static bool check_blas(unsigned threads, bool one_omp_thread, fault *f) {
  int flavour = openblas_get_parallel();
  LOG(LOG_debug, log_msg("blas"), log_text("config", openblas_get_config()),
      log_text("core", openblas_get_corename()), log_number("flavour", (uint64_t)flavour));
  if (flavour == 0 && threads != 1)
    return fail(f, ERR_bad_argument,
                "this OpenBLAS is the serial flavour, which is wrong under threads: install "
                "libopenblas0-pthread, or use --threads 1");
  if (flavour == 2 && !one_omp_thread)
    return fail(
        f, ERR_bad_argument,
        "this OpenBLAS is the OpenMP flavour: install libopenblas0-pthread, or start with OMP_NUM_THREADS=1");
  return true;
}

static size_t memory_limit(const settings *s) {
  uint64_t machine = uv_get_total_memory(), group = uv_get_constrained_memory();
  if (group && group < machine) machine = group;
  return s->max_memory ? s->max_memory : machine / 4 * 3;
}

// Serves until a signal ends it. What this returns is the process's exit status.
static int serve_with(const settings *s, uv_loop_t *loop, fault *f) {
  static app service; // outlives a job that heeds no stop flag
  static budget memory;
  int status = EXIT_FAILURE;
  budget_init(&memory, NULL, "process memory", memory_limit(s));
  pool_limits room = {(unsigned)s->threads, (unsigned)s->queue, (unsigned)s->session_queue};
  pool *workers = pool_new(loop, room, f);
  if (!workers) return status;
  server *front = NULL;
  bool ready = app_init(&service, s, &memory, &ROUTES, f);
  service.ops = catalogue_count();
  if (ready && !sessions_start(&service)) ready = fail(f, ERR_out_of_memory, "no memory for the sessions");
  if (ready && (front = server_start(loop, &service, workers, f))) {
    printf("listening on %s\n", server_url(front));
    fflush(stdout);
    LOG(LOG_info, log_msg("listening"), log_text("url", server_url(front)),
        log_number("threads", pool_count(workers).threads), log_text("version", GRADD_VERSION));
    uv_run(loop, UV_RUN_DEFAULT);
    status = EXIT_SUCCESS;
    if (pool_count(workers).running) _exit(status); // its memory is in use to the very end
  }
  pool_close(workers);
  uv_run(loop, UV_RUN_DEFAULT);
  if (front) server_delete(front);
  sessions_stop(&service);
  app_finish(&service);
  pool_delete(workers);
  return status;
}

static int serve(int argc, char **argv) {
  settings s;
  fault f = {0};
  uv_loop_t loop;
  const char *omp = getenv("OMP_NUM_THREADS");
  bool one_omp_thread = omp && !strcmp(omp, "1");
  bool ok = option_load(&s, argc, argv, &f);
  if (ok && !log_level_named(s.log_level, &log_limit))
    ok = fail(&f, ERR_bad_argument, "--log-level: \"%.32s\" is not error, warn, info or debug", s.log_level);
  tame_blas();
  ok = ok && check_blas((unsigned)s.threads, one_omp_thread, &f);
  int status = EXIT_USAGE;
  if (ok && !uv_loop_init(&loop)) {
    status = serve_with(&s, &loop, &f);
    if (f.code == ERR_bad_argument) status = EXIT_USAGE;
    uv_loop_close(&loop);
  }
  if (f.code) complain(&f, status);
  option_finish(&s);
  log_flush();
  return status;
}

static int print_table(void (*dump)(buffer *)) {
  buffer out = {0};
  dump(&out);
  bool ok = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len;
  buffer_finish(&out);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int ops(int argc, char **argv) {
  if (argc > 0 && !strcmp(argv[0], "--json")) return print_table(dump_ops);
  buffer out = {0};
  bool known = catalogue_print(&out, argc > 0 ? argv[0] : NULL, false);
  if (known && !out.failed) fwrite(out.data, 1, out.len, stdout);
  buffer_finish(&out);
  if (!known) fprintf(stderr, "gradd: there is no op \"%.64s\"; `gradd ops` lists them all\n", argv[0]);
  return known ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int errors(int argc, char **argv) {
  (void)argc, (void)argv;
  return print_table(dump_errors);
}

// ---- run

static bool read_all(const char *path, buffer *out) {
  FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  size_t n = 1;
  while (f && n && buffer_reserve(out, 1 << 16)) {
    n = fread(out->data + out->len, 1, 1 << 16, f);
    out->len += n;
  }
  bool ok = f && !ferror(f) && !out->failed;
  if (f && f != stdin) fclose(f);
  return ok;
}

// The session of a command that needs no server: the machine's memory is its limit.
static void own_session(session *s) {
  static budget memory;
  settings defaults;
  fault ignored = {0};
  option_load(&defaults, 0, NULL, &ignored);
  limits l = {
      .session_bytes = memory_limit(&defaults), .session_nodes = SIZE_MAX, .session_tensors = SIZE_MAX};
  option_finish(&defaults);
  budget_init(&memory, NULL, "process memory", l.session_bytes);
  session_init(s, "run", &memory, &l, (uint64_t)getpid());
}

// Runs a source in a session of its own; the exit status.
static int run_source(const buffer *source, bool as_json) {
  static session s;
  place where;
  own_session(&s);
  script *sc = script_open(&s, source->data ? source->data : "", source->len, &SCRIPT_LIMITS, &where);
  bool ok = sc && script_run(sc, UINT64_MAX) == SCRIPT_done;
  buffer out = {0}, error = {0};
  json_writer w = {.out = &out};
  if (!ok)
    script_error_line(&error, session_fault(&s), sc ? script_where(sc) : where);
  else if (as_json)
    script_document(&w, sc);
  const buffer *shown = as_json || !sc ? &out : script_printed(sc);
  if (shown->len) fwrite(shown->data, 1, shown->len, stdout);
  if (as_json && shown->len) putchar('\n');
  fflush(stdout);
  if (error.len) fwrite(error.data, 1, error.len, stderr);
  buffer_finish(&out);
  buffer_finish(&error);
  script_finish(sc);
  session_finish(&s);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(int argc, char **argv) {
  const char *path = NULL, *as = "txt";
  bool clear = true;
  for (int i = 0; i < argc; i++) {
    if (!strcmp(argv[i], "--as") && i + 1 < argc)
      as = argv[++i];
    else if (!path)
      path = argv[i];
    else
      clear = false;
  }
  if (!path || !clear || (strcmp(as, "txt") && strcmp(as, "json"))) {
    fputs("usage: gradd run FILE [--as txt|json], where FILE may be - for the standard input\n", stderr);
    return EXIT_USAGE;
  }
  buffer source = {0};
  tame_blas();
  bool read = read_all(path, &source);
  if (!read) fprintf(stderr, "gradd: cannot read \"%.200s\"\n", path);
  int status = read ? run_source(&source, !strcmp(as, "json")) : EXIT_FAILURE;
  buffer_finish(&source);
  return status;
}

// ---- grad

// gradd grad 'EXPR' x=3 w=[1,2] [--wrt x] [--order 2] [--dtype float32] [--cotangent …] [--as txt|json]
static bool read_words(expression *x, int argc, char **argv, bool *as_json) {
  fault *f = session_fault(x->s);
  for (int i = 0; i < argc; i++) {
    char *name = argv[i], *text = i + 1 < argc ? argv[i + 1] : NULL, *equals = strchr(name, '=');
    bool option = !strncmp(name, "--", 2);
    if (option && !text) return fail(f, ERR_bad_argument, "%.64s needs a value", name);
    if (option) {
      i++;
      if (!strcmp(name, "--as")) {
        *as_json = !strcmp(text, "json");
        if (!*as_json && strcmp(text, "txt")) return fail(f, ERR_bad_argument, "--as is txt or json");
      } else if (strcmp(name, "--wrt") && strcmp(name, "--order") && strcmp(name, "--dtype") &&
                 strcmp(name, "--cotangent"))
        return fail(f, ERR_bad_argument, "there is no option %.64s", name);
      else if (!expression_word(x, name + 2, text))
        return false;
    } else if (i == 0) {
      if (!expression_word(x, "expr", name)) return false;
    } else if (!equals)
      return fail(f, ERR_bad_argument, "a variable is given as name=value, not '%.64s'", name);
    else {
      *equals = 0;
      if (!expression_word(x, name, equals + 1)) return false;
    }
  }
  return true;
}

static int grad(int argc, char **argv) {
  static session s;
  expression x;
  buffer out = {0};
  bool as_json = false;
  if (!argc) {
    fputs("usage: gradd grad EXPR NAME=VALUE... [--wrt NAMES] [--order 2] [--dtype float32] [--cotangent "
          "VALUE]\n"
          "                  [--as txt|json]\n",
          stderr);
    return EXIT_USAGE;
  }
  tame_blas();
  own_session(&s);
  expression_init(&x, &s);
  bool ok = read_words(&x, argc, argv, &as_json) && expression_begin(&x) &&
            expression_run(&x, UINT64_MAX) == SCRIPT_done;
  if (ok && as_json)
    expression_write_json(&x, &out), buffer_putc(&out, '\n');
  else if (ok)
    expression_write_lines(&x, &out);
  else if (x.placed)
    script_error_line(&out, session_fault(&s), x.where);
  else
    buffer_printf(&out, "gradd: %s\n", session_fault(&s)->detail);
  if (out.len) fwrite(out.data, 1, out.len, ok ? stdout : stderr);
  buffer_finish(&out);
  scope_leave(&s.ag, 0, NULL);
  expression_finish(&x);
  session_finish(&s);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int version(int argc, char **argv) {
  (void)argc, (void)argv;
  puts("gradd " GRADD_VERSION);
  return EXIT_SUCCESS;
}

static int help(int argc, char **argv);

static const struct subcommand {
  const char *name;
  int (*run)(int argc, char **argv); // the arguments after the name
  const char *doc;
} COMMANDS[] = {
    {"serve", serve, "serve over HTTP"},
    {"run", run, "run a script without a server: gradd run FILE [--as txt|json]"},
    {"grad", grad, "value and gradients of an expression: gradd grad '(x+w)*(w+1)' x=2 w=1"},
    {"ops", ops, "the op catalogue, or one op of it: gradd ops [NAME | --json]"},
    {"errors", errors, "every error, as JSON"},
    {"version", version, "print the version"},
    {"help", help, "print this"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static void usage(FILE *out) {
  fputs("gradd - automatic differentiation over HTTP\n\nusage: gradd COMMAND [--option VALUE]...\n\n", out);
  for (int i = 0; i < COMMAND_COUNT; i++) fprintf(out, "  %-22s %s\n", COMMANDS[i].name, COMMANDS[i].doc);
  fputs(
      "\noptions of serve, also read from the environment (--max-body is GRADD_MAX_BODY) and from the lines "
      "of\n"
      "the file that --config names (max-body = 8MiB):\n\n",
      out);
  option_help(out);
}

static int help(int argc, char **argv) {
  (void)argc, (void)argv;
  usage(stdout);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  ops_init();
  if (argc < 2) return usage(stderr), EXIT_USAGE;
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return help(0, NULL);
  const char *name = strcmp(argv[1], "--version") ? argv[1] : "version";
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (!strcmp(name, COMMANDS[i].name)) return COMMANDS[i].run(argc - 2, argv + 2);
  fprintf(stderr, "gradd: unknown command \"%.64s\"; `gradd help` lists them\n", argv[1]);
  return EXIT_USAGE;
}
