// message.h - what faults say, in Chinese: messages.def is the dictionary, its keys the English formats.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

// A row of messages.def. The English of a piece is no format of its own: it is what goes into a %s of one,
// with %s where it varies.
struct message {
  const char *en, *zh;
  bool piece;
};
extern const struct message MESSAGES[];
extern const size_t MESSAGE_COUNT;

enum { MESSAGE_ARGS = 8 };

// A conversion of a format: %s %c %g and whole numbers, with a precision that may be *, which is then part of
// it. In Chinese it may name the English one it stands for (%2$s counts conversions, from 1), and %#s asks
// for the Chinese of a piece.
struct conversion {
  unsigned place;    // from 1; 0: not said
  bool piece, star;  // %#s; precision is *
  int precision;     // -1: none
  char length, kind; // 'l', 'q' for ll, 'z' or 0; '%' for %%
  const char *at, *after;
};

// message_conversion finds the first conversion at or after p; false at the end.
bool message_conversion(const char *p, struct conversion *out);

// message_chinese writes what the English format says of the arguments, cut between two characters if there
// is not room enough. Without a row for the format it writes "" and returns false. It takes no memory.
bool message_chinese(char *out, size_t room, const char *format, va_list args);
