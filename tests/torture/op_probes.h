// op_probes.h - a request for every op of the table, made of its samples, and one for its in-place form.
#pragma once
#include "probes.h"

// op_probes calls run with each; the probe is gone afterwards.
void op_probes(void (*run)(const struct probe *));
// answer_probes: writes in place that answer with much text, in every representation.
void answer_probes(void (*run)(const struct probe *));
