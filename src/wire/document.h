// document.h - tensors and sessions as JSON documents.
#pragma once
#include "command/command.h"
#include "wire/json_writer.h"

enum document_data { DATA_none, DATA_small, DATA_all };
enum { SMALL_DATA = 1000 }; // elements, or rows without any; writes echo no more than this
// document_shows says whether a tensor's elements are written.
bool document_shows(const tensor *t, enum document_data data);

// document_tensor writes the next value of w: {"name", "dtype", "shape", …, "data"}. name VALUE_none: null.
void document_tensor(json_writer *w, const value *name, var *v, enum document_data data);
// The same with the shape and data of a part of v.
void document_part(json_writer *w, const value *name, var *v, const tensor *part, enum document_data data);
// The gradient of a named tensor: the name is NAME.grad.
void document_grad(json_writer *w, const char *name, var *g, enum document_data data);
// document_session: expires_ms is how long it still lives if nobody uses it.
void document_session(json_writer *w, const session *s, int64_t expires_ms);
// {"grads":[names],"nodes":n}, and "values" with their gradients.
void document_backward(json_writer *w, session *s, const command_result *r, bool grad_values);
