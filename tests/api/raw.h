// raw.h - bytes on a socket, for what a proper client would never send and for requests left open on purpose.
#pragma once
#include "client.h"

int raw_connect(void);
// raw_write sends all of it; a peer that closed early is not a failure of the test.
void raw_write(int fd, const void *bytes, size_t size);
void raw_send(int fd, const char *bytes);
// raw_request formats and sends a complete request with Host and Content-Length; json may be NULL.
void raw_request(int fd, const char *method, const char *path, const char *json);
// raw_read takes one complete answer from fd, or gives up after ms. status 0: nothing came before the peer
// closed or the time was over. head: the answer is to HEAD and has no body.
answer *raw_read(int fd, int ms);
answer *raw_read_head(int fd, int ms);
// raw_closed reports whether the peer closes within ms, without sending anything more.
bool raw_closed(int fd, int ms);
// raw_first waits until one of the sockets has something to read and returns its index; -1 after ms.
int raw_first(const int *fds, int n, int ms);
// raw_rest reads everything until the peer closes and returns it as text (a NUL ends it early). *closed: it
// did close within ms.
char *raw_rest(int fd, int ms, bool *closed);
// raw_record notes an answer read here in the log of exchanges.
void raw_record(const char *method, const char *path, const answer *a);
