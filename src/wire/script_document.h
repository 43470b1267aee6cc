// script_document.h - what a script gave, as JSON.
#pragma once
#include "script/script.h"
#include "wire/json_writer.h"

// script_document writes {"printed":[lines],"values":{…},"error":null}: tensors as documents, numbers, texts
// and lists of these as themselves; functions and modules are left out. Fails as the buffer does, or with a
// fault.
bool script_document(json_writer *w, script *s);
// script_printed_lines writes the list of lines alone; none if s is NULL.
void script_printed_lines(json_writer *w, const script *s);
// script_error writes {"class","message","code","status","line","column"}
void script_error(json_writer *w, const fault *f, place where);
// script_document_cost estimates the ns that script_document takes.
uint64_t script_document_cost(script *s);
// script_error_line writes the failure in one line: `RuntimeError: … (line 8, column 1)`, with a line end.
void script_error_line(buffer *out, const fault *f, place where);
