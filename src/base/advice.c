#include "base/advice.h"

const struct advice ADVICE[ERR_COUNT] = {
#define ADVICE(code, en, zh, ...) [ERR_##code] = {en, zh, {__VA_ARGS__}},
#define INSTEAD(en, zh, code)                                                                                \
  { en, zh, code }
#include "base/advice.def"
};
