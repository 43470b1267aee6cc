// message.h - where a message of ours may differ from PyTorch's: message.c lists it.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// message_allowed: there is a row for this pair of messages, which are not the same.
bool message_allowed(const char *torch, size_t n, const char *ours);
// message_unused gives the next row that message_allowed has not needed, from *row on, which moves past it;
// NULL at the end.
const char *message_unused(size_t *row);
