// negotiate.h - which representation an answer takes, and in which language an error speaks.
#pragma once
#include "http/exchange.h"

// The names are those of ?as=; representations have the media types that negotiate_type tells.
typedef enum representation {
  AS_json,
  AS_txt,
  AS_repr,
  AS_npy,
  AS_raw,
  AS_csv,
  AS_dot,
  AS_mermaid,
  AS_svg,
  AS_jsonl,
  AS_html,
  AS_events,
  AS_COUNT
} representation;

const char *negotiate_type(representation as); // with its charset

// negotiate picks one of the n offers: ?as= if given, else the best match of Accept, else the first offer.
// False: not_acceptable in f, naming the offers. repr has no media type of its own: only ?as= asks for it.
bool negotiate(const request *r, const representation *offers, int n, representation *out, fault *f);

// negotiate_line says whether an error is to be one line of text instead of a problem document.
bool negotiate_line(const request *r);

// negotiate_gzip says whether the answer may be sent gzipped.
bool negotiate_gzip(const request *r);

// negotiate_chinese says whether Accept-Language prefers zh, of whatever script or region, to en.
bool negotiate_chinese(const request *r);
