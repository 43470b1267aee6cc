// guard.h - the check of a request's line and headers, before anything else looks at them.
//
// libmicrohttpd passes on requests that two parsers can read in two ways (smuggling), and a browser can be
// made to send requests the user never meant (rebinding, cross-site). What is refused here is answered with
// `Connection: close`, so that nothing on the connection is ever read as a second request.
#pragma once
#include "http/exchange.h"

enum { HEADERS_MAX = 64, HOSTS_MAX = 64, HOST_NAME = 256 };

// The hosts this server answers for.
typedef struct guard {
  struct host {
    char name[HOST_NAME]; // lower case, without port; IPv6 in brackets
    unsigned port;        // 0 = the server's own, or none
  } host[HOSTS_MAX];
  int hosts;
  unsigned port;
  bool any_address; // bound to every address: any literal IP address will do (rebinding needs a name)
} guard;

// guard_init allows loopback names, the bound address (text, IPv6 without brackets) and the comma list; a
// bound address of NULL means every address. False: bad_argument.
bool guard_init(guard *g, const char *bound, unsigned port, const char *allow_list, fault *f);

// What the headers of one request have shown so far.
typedef struct intake {
  request *request;
  int headers;
  const char *content_length, *transfer_encoding, *origin, *expect, *fetch_site, *fetch_mode, *fetch_dest;
  fault *fault; // the first offence
} intake;

// guard_header takes one header into in and its request; false once something is wrong (bad_header).
bool guard_header(intake *in, const char *name, size_t name_len, const char *value, size_t value_len);

enum { BODY_CHUNKED = -1 };

// guard_check judges the whole once every header was taken. *body is the declared length or BODY_CHUNKED.
// False: bad_header, method_unknown, host_not_allowed, origin_not_allowed, expectation_failed or
// headers_too_large.
bool guard_check(const guard *g, intake *in, const char *verb, const char *version, int64_t *body);

// guard_host_ok judges a Host value.
bool guard_host_ok(const guard *g, const char *host);
