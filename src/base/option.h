// option.h - the settings of a run, read from options.def's defaults, a config file, the environment and
// flags.
#pragma once
#include "base/fault.h"
#include <stdint.h>
#include <stdio.h>

typedef struct settings {
#define TEXT(field, ...)   char *field; // owned
#define NUMBER(field, ...) uint64_t field;
#define SIZE(field, ...)   uint64_t field;
#include "base/options.def"
} settings;

// option_load fills s from every source, the strongest last. argv holds flags only (`--port 80`,
// `--port=80`). False: bad_argument in f names the option, its source and what it takes. s needs
// option_finish either way.
bool option_load(settings *s, int argc, char **argv, fault *f);
void option_finish(settings *s);

// option_set gives one option, named as in a flag without its dashes, a value from text.
bool option_set(settings *s, const char *name, const char *value, fault *f);

// option_help prints the table.
void option_help(FILE *out);
