// advice.h - why an error is one, and what to write instead: for whoever learns, not for programs.
#pragma once
#include "base/fault.h"

enum { ADVICE_MOST = 3 };
struct instead {
  const char *en, *zh;
  const char *code; // in PyTorch's words; NULL: none
};
struct advice {
  const char *en, *zh; // why; NULL where there is no advice
  struct instead instead[ADVICE_MOST];
};
extern const struct advice ADVICE[ERR_COUNT];
