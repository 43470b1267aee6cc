// exchange.h - one request and its answer, as structs that know nothing of the transport.
//
// Handlers read a request and fill a reply; the server moves them to and from a socket, tests make them by
// hand.
#pragma once
#include "base/buffer.h"
#include "base/fault.h"

typedef enum method {
  METHOD_GET,
  METHOD_HEAD,
  METHOD_POST,
  METHOD_PUT,
  METHOD_PATCH,
  METHOD_DELETE,
  METHOD_QUERY,
  METHOD_OPTIONS,
  METHOD_COUNT
} method;
extern const char *const METHOD_NAMES[METHOD_COUNT];
// method_named finds a method by its exact spelling; METHOD_COUNT if it is none of them.
method method_named(const char *name);

enum { TARGET_MAX = 2048, SEGMENTS_MAX = 12, PARAMS_MAX = 32 };

typedef struct param {
  const char *name, *value; // decoded, NUL-terminated, valid UTF-8
} param;

typedef struct request {
  method method;
  uint64_t id; // unique in this process; request_id writes it as text
  // The target as received, and its decoded parts (which point into `decoded`).
  size_t target_len;
  char target[TARGET_MAX + 1];
  char decoded[TARGET_MAX + 2];
  bool asterisk; // OPTIONS *
  int segments;
  const char *segment[SEGMENTS_MAX];
  unsigned short segment_len[SEGMENTS_MAX];
  int params;
  param param[PARAMS_MAX];
  // Headers that somebody reads: borrowed, NUL-terminated, NULL if absent.
  const char *host, *accept, *accept_encoding, *accept_language, *authorization, *content_type,
      *content_encoding, *idempotency_key, *if_match, *if_none_match, *last_event_id, *prefer;
  const char *body; // borrowed; NULL if empty
  size_t body_len;
  char **body_block; // the block that holds the body; who keeps the block puts NULL there. NULL: it may not
                     // be kept
} request;

// request_clear makes r empty without touching the big arrays.
void request_clear(request *r);

// request_target splits and decodes a target such as /v1/sessions/s?as=txt. False: bad_header (not a path, an
// encoding that is malformed, not UTF-8, or hides /, \ or NUL), uri_too_long, or bad_argument (a repeated
// parameter).
bool request_target(request *r, const char *target, fault *f);

// request_query splits and decodes what follows the ? of a target, or a form: name=value&name=value. `out` is
// room for strlen(text) + 2 bytes, where the parameters are to live; there may be PARAMS_MAX. Faults as
// request_target.
bool request_query(const char *text, char *out, param params[PARAMS_MAX], int *n, fault *f);

// request_param finds a query parameter; NULL if it was not given, "" if it has no value.
const char *request_param(const request *r, const char *name);

// request_params_known fails with bad_argument, naming it, if a parameter is not in the NULL-terminated list.
bool request_params_known(const request *r, const char *const known[], fault *f);

enum { REQUEST_ID = 18 };
const char *request_id(const request *r, char out[REQUEST_ID]);

enum { REPLY_HEADERS = 12, REPLY_TEXT = 1024 };

typedef struct reply {
  int status;
  const char *content_type; // static
  buffer body;              // owned
  const char *fixed;        // static bytes to send instead of body
  size_t fixed_len;
  bool close;   // the connection ends with this answer
  bool endless; // what follows the headers comes from the reader of the call; HEAD has none
  int headers;
  struct {
    const char *name;     // static
    unsigned short value; // where in text
  } header[REPLY_HEADERS];
  size_t text_len;
  char text[REPLY_TEXT]; // header values, each with its NUL
} reply;

// reply_clear makes it a fresh 200 answer and keeps the body's memory for reuse; reply_finish frees it.
void reply_clear(reply *r);
void reply_finish(reply *r);

// reply_header adds a header; the value is copied. False, with nothing added, if there is no room or the
// value holds a control character. `name` must be static.
bool reply_header(reply *r, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool reply_header_text(reply *r, const char *name, const char *value); // the same, of a value that is there
// reply_vary adds a request header to those in Vary, the ones on which the answer depends.
bool reply_vary(reply *r, const char *name);
// reply_location sets Location to the path of a session, or of a tensor in it if `tensor` (n bytes) is not
// NULL. Bytes that are not ASCII are %-encoded.
bool reply_location(reply *r, const char *session, const char *tensor, size_t n);
const char *reply_header_value(const reply *r, const char *name); // NULL if absent

// reply_head writes status line and headers of a last answer of n bytes, for where libmicrohttpd takes none,
// and returns how long they are; `out` has room for 2 * REPLY_TEXT bytes.
size_t reply_head(const reply *r, const char *id, size_t n, char *out, size_t room);

// reply_fixed answers with bytes that live for ever.
void reply_fixed(reply *r, const char *content_type, const char *bytes, size_t n);
