// dump.h - the tables of the binary as files that are checked in: api/ops.json and api/errors.json. One row
// on a line, so that a change of a row is a change of a line. Failure is the buffer's.
#pragma once
#include "base/buffer.h"

void dump_ops(buffer *b); // needs ops_init
// {"errors":[{"code","status","class","title","title_zh"}]} in the order of errors.def, and where there is
// advice "why","why_zh","instead":[{"text","text_zh","code"}].
void dump_errors(buffer *b);
