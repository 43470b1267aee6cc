#include "server.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 40, START_MS = 30000, STOP_MS = 60000, LOG_SHOWN = 8000 };

static struct {
  pid_t pid;
  int port, log;
  char url[64];
} server = {.log = -1};

int server_port(void) { return server.port; }
pid_t server_pid(void) { return server.pid; }
const char *server_url(void) { return server.url; }

static const char *binary(void) {
  const char *path = getenv("GRADD_BIN");
  return path && *path ? path : "build/gradd";
}

// The child dies with the test process, whatever happens to that one.
static pid_t spawn(const char *const *args, int out, int log) {
  const char *argv[ARGS_MAX + 8] = {binary(), "serve", "--port", "0"};
  int n = 4;
  for (; args && *args && n < ARGS_MAX; args++) argv[n++] = *args;
  pid_t pid = fork();
  if (pid) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(out, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  execv(argv[0], (char *const *)(void *)argv);
  dprintf(STDERR_FILENO, "cannot run %s (set GRADD_BIN)\n", argv[0]);
  _exit(127);
}

static void show_log(void) {
  char text[LOG_SHOWN + 1];
  off_t end = lseek(server.log, 0, SEEK_END), from = end > LOG_SHOWN ? end - LOG_SHOWN : 0;
  ssize_t n = pread(server.log, text, LOG_SHOWN, from);
  if (n > 0) fprintf(stderr, "--- the server's log, its end\n%.*s---\n", (int)n, text);
}

bool server_logged(const char *text) {
  off_t size = lseek(server.log, 0, SEEK_END);
  char *all = calloc(1, (size_t)size + 1);
  cr_assert(all && pread(server.log, all, (size_t)size, 0) == size);
  bool found = strstr(all, text) != NULL;
  free(all);
  return found;
}

// One line from fd, without its newline; false at end of file or after START_MS.
static bool read_line(int fd, char *line, size_t size) {
  size_t n = 0;
  while (n + 1 < size) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, START_MS) <= 0 || read(fd, line + n, 1) != 1) return false;
    if (line[n] == '\n') break;
    n++;
  }
  line[n] = 0;
  return true;
}

void server_start(const char *const *args) {
  int out[2];
  char line[128];
  signal(SIGPIPE, SIG_IGN);
  cr_assert(pipe2(out, O_CLOEXEC) == 0);
  server.log = memfd_create("log", MFD_CLOEXEC);
  server.pid = spawn(args, out[1], server.log);
  close(out[1]);
  bool up = read_line(out[0], line, sizeof line);
  const char *colon = up ? strrchr(line, ':') : NULL;
  if (!colon || strncmp(line, "listening on http://", 20) != 0) {
    show_log();
    cr_assert_fail("the first line of stdout is not `listening on http://HOST:PORT`: %s",
                   up ? line : "(nothing)");
  }
  server.port = atoi(colon + 1);
  snprintf(server.url, sizeof server.url, "http://127.0.0.1:%d", server.port);
  // The pipe stays open: a server that prints more must not die of it.
}

static int wait_exit(pid_t pid, int ms) {
  int status = 0;
  struct timespec pause = {.tv_nsec = 2000000};
  for (int waited = 0; waited < ms; waited += 2) {
    if (waitpid(pid, &status, WNOHANG) == pid) return status;
    nanosleep(&pause, NULL);
  }
  return -1;
}

void server_expect_exit(void) {
  if (server.pid <= 0) return;
  int status = wait_exit(server.pid, STOP_MS);
  pid_t pid = server.pid;
  server.pid = server.port = 0;
  if (status == -1) kill(pid, SIGKILL), waitpid(pid, NULL, 0);
  bool clean = status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!clean) show_log();
  close(server.log);
  cr_assert(status != -1, "the server did not stop");
  cr_assert(!WIFSIGNALED(status), "the server died of signal %d", WTERMSIG(status));
  cr_assert(clean, "the server exited with status %d", WEXITSTATUS(status));
}

void server_stop(void) {
  if (server.pid > 0) kill(server.pid, SIGTERM);
  server_expect_exit();
}

int server_refuses(const char *const *args) {
  int out[2], log = memfd_create("log", MFD_CLOEXEC);
  cr_assert(pipe2(out, O_CLOEXEC) == 0);
  pid_t pid = spawn(args, out[1], log);
  int status = wait_exit(pid, START_MS);
  if (status == -1) kill(pid, SIGKILL), waitpid(pid, NULL, 0);
  close(out[0]), close(out[1]), close(log);
  return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 127;
}

long server_rss_kib(void) {
  char path[64], line[256];
  long kib = -1;
  snprintf(path, sizeof path, "/proc/%d/status", (int)server.pid);
  FILE *f = fopen(path, "r");
  cr_assert(f, "no %s", path);
  while (fgets(line, sizeof line, f)) sscanf(line, "VmRSS: %ld", &kib);
  fclose(f);
  return kib;
}
