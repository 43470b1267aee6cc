// server.h - the real binary under test: started on a free port, stopped by SIGTERM, required to exit with 0.
// One server a test process (Criterion runs every test in a process of its own), so the state is global.
#pragma once
#include <stdbool.h>
#include <sys/types.h>

// server_start runs `$GRADD_BIN serve --port 0 ARGS...` and waits for its first line. args ends with NULL and
// may be NULL. The test fails if the server does not come up.
void server_start(const char *const *args);
// server_stop sends SIGTERM and fails the test unless the server exits with 0. What it logged is shown if
// not.
void server_stop(void);
// server_expect_exit waits for the end of a server that was already told to stop, and requires exit status 0.
void server_expect_exit(void);
// server_refuses starts the binary with args and reports whether it exits by itself with a failure status.
int server_refuses(const char *const *args);

int server_port(void); // 0 while no server runs
pid_t server_pid(void);
const char *server_url(void);         // "http://127.0.0.1:PORT"
bool server_logged(const char *text); // is it in what the server has logged so far?
long server_rss_kib(void);            // resident memory, from /proc
