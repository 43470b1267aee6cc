// graph_names.h - which name a saved tensor goes by; private to graph.c and graph_write.c.
#pragma once
#include "wire/graph.h"

struct graph_name {
  var *v;
  const char *name;   // the first that v was given
  const char *family; // the first name of any tensor with that storage
  size_t order;       // of binding
};

// graph_names_collect gives one entry for each named variable, in the order of binding.
bool graph_names_collect(session *s, graph *g);
// graph_names_index sorts them for graph_name_of.
void graph_names_index(graph *g);
// graph_name_of: the name of the tensor that is this window of this storage, else of any that shares the
// storage (whose version counter it shares too), else NULL.
const char *graph_name_of(const graph *g, const saved *s);
